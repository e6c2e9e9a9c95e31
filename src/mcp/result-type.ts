/** What kind of result an answer is. Nearly every one is complete, which its bytes show without being parsed. */

import type { Answer } from "./message.ts"
import { readString, toRaw } from "./raw-json.ts"

const complete = toRaw("complete")

/** @returns undefined for an error, and where the result names none */
export function resultTypeOf({ result }: Answer): string | undefined {
  const raw = result?.get("resultType")
  return raw?.equals(complete) ? "complete" : readString(raw)
}
