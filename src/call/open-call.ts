/** The first step of a call: it gets an id, a trace and a time, and what its caller sent is measured once. */

import type { CallRequest, OpenCall } from "./call.ts"
import { sentOf } from "./sent.ts"
import { withTrace } from "./trace.ts"

type Opening = Pick<OpenCall, "id" | "arrivedMs" | "beganMs"> & {
  /** Draws so many random hexadecimal digits. */
  readonly newHex: (digits: number) => string
}

export function openCall(call: CallRequest, { id, arrivedMs, beganMs, newHex }: Opening): OpenCall {
  call.onOpen?.(id)
  const { request, traceId } = withTrace(call.request, newHex)
  return { id, request: { ...call, request }, traceId, sent: sentOf(request), arrivedMs, beganMs }
}
