/** How a call ended, in one word of the audit log. */

import type { Outcome } from "../domain/audit/entry.ts"
import { GatewayError } from "../errors.ts"
import type { Answer } from "../mcp/message.ts"
import { readString } from "../mcp/raw-json.ts"
import type { OpenCall } from "./call.ts"

export function outcomeOf({ answer, thrown, request: { exchange } }: OpenCall): Outcome {
  if (answer) return outcomeOfAnswer(answer)
  if (exchange.signal.aborted && thrown === exchange.signal.reason && !isEndedForCaller(thrown)) return "cancelled"
  return outcomeOfThrown(thrown)
}

/** Its caller did not go away, but may call no longer. */
export function isEndedForCaller(thrown: unknown): boolean {
  return thrown instanceof GatewayError && thrown.code === "unauthenticated"
}

export function outcomeOfThrown(thrown: unknown): Outcome {
  if (thrown instanceof GatewayError) return thrown.code
  return thrown instanceof Error && thrown.name === "ProtocolError" ? "invalid" : "internal"
}

function outcomeOfAnswer({ result }: Answer): Outcome {
  if (!result) return "service_error"
  if (result.get("isError")?.toString() === "true") return "tool_error"
  return readString(result.get("resultType")) === "input_required" ? "input_required" : "ok"
}
