/** The redacted copy that is kept beside an entry: a JSON object with the `arguments` and the `result` it came with. */

import { redact } from "../../../domain/audit/redaction/redact.ts"
import type { FramedEntry } from "../handover/batch-frame.ts"

type KeepRule = NonNullable<FramedEntry["keep"]>

/** Undefined where there is nothing to keep. */
export function copyText(
  { arguments: args, result }: Pick<FramedEntry, "arguments" | "result">,
  rule: KeepRule,
): string | undefined {
  const members = [
    ...(args ? [`"arguments":${redacted(args, rule)}`] : []),
    ...(result ? [`"result":${redacted(result, rule)}`] : []),
  ]
  return members.length > 0 ? `{${members.join(",")}}`.toWellFormed() : undefined
}

function redacted(json: Buffer, { maxBytes, redact: keys }: KeepRule): string {
  try {
    return redact(json.toString(), { maxBytes, keys })
  } catch {
    // What a client can send must not stop the log for everyone.
    return JSON.stringify({ unreadable: true, bytes: json.length })
  }
}
