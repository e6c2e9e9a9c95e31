/** The trace a call belongs to: the one its client began, or else one that begins here, where the record names it too. */

import { readString, toRaw, withMembers } from "../mcp/raw-json.ts"
import type { CallRequest } from "./call.ts"

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
const traceparent = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}/

/** @param newBytes random bytes */
export function withTrace(call: CallRequest, newBytes: (size: number) => Buffer): CallRequest {
  const { request } = call
  if (traceparent.test(readString(request.meta.get("traceparent")) ?? "")) return call
  const [trace, span] = [newBytes(16).toString("hex"), newBytes(8).toString("hex")]
  // The state of a trace means nothing to another one.
  const meta = withMembers(request.meta, { traceparent: toRaw(`00-${trace}-${span}-01`), tracestate: undefined })
  return { ...call, request: { ...request, meta } }
}
