/**
 * Takes the secrets out of a text that is no JSON: what has the form of a secret, or stands behind a name that says so,
 * and what would once it is decoded. Time is linear in the length: no pattern begins at many places and runs far from
 * each.
 */

import { assignedSpans } from "./redact-assigned.ts"
import { encodedSpans, type Test } from "./redact-encoded.ts"
import { formSpans } from "./redact-forms.ts"
import type { SecretNames } from "./redact-names.ts"
import { replaceSpans } from "./redact-spans.ts"
import { userInfoSpans } from "./redact-urls.ts"

/** @param isSecret of what was decoded; absent where nothing is to be */
export function redactProse(text: string, names: SecretNames, isSecret: Test | undefined): string {
  const spans = [...formSpans(text), ...userInfoSpans(text), ...assignedSpans(text, names)]
  const clear = replaceSpans(text, spans)
  return isSecret === undefined ? clear : replaceSpans(clear, encodedSpans(clear, isSecret))
}
