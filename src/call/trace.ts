/** The trace a call belongs to: the one its client began, or else one that begins here, where the record names it too. */

import type { Request } from "../mcp/message.ts"
import { readString, type RawJson } from "../mcp/raw-json.ts"

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparent = /^(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}/

const traceDigits = 32
const spanDigits = 16

export type Traced = { readonly request: Request; readonly traceId: string }

/** @param newHex so many random digits */
export function withTrace(request: Request, newHex: (digits: number) => string): Traced {
  const given = request.meta.get("traceparent")
  const begun = given && traceparent.exec(readString(given) ?? "")?.[1]
  if (begun !== undefined) return { request, traceId: begun }
  const digits = newHex(traceDigits + spanDigits)
  const traceId = digits.slice(0, traceDigits)
  const meta = new Map(request.meta).set("traceparent", parentOf(traceId, digits.slice(traceDigits)))
  meta.delete("tracestate") // the state of a trace means nothing to another one
  return { request: { ...request, meta }, traceId }
}

function parentOf(traceId: string, span: string): RawJson {
  return Buffer.from(`"00-${traceId}-${span}-01"`, "latin1")
}
