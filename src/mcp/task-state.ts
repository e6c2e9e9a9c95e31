/**
 * The state of a task as a service of the modern era tells it, with the outcome once it has ended.
 *
 * @see https://modelcontextprotocol.io/seps/2663-tasks-extension
 */

import { GatewayError } from "../errors.ts"
import type { Answer } from "./message.ts"
import { readMembers } from "./outline.ts"
import { fromRaw, noMembers, readString, toRaw, type RawJson, type RawObject } from "./raw-json.ts"

/**
 * What the call that began the task is answered with; undefined while the task has not ended.
 *
 * @throws GatewayError `service_error` where there is no answer
 */
export function outcomeOf(state: RawObject): Answer | undefined {
  const [result, error] = [state.get("result"), state.get("error")]
  switch (readString(state.get("status"))) {
    case "completed":
      return {
        result: new Map([["resultType", toRaw("complete")], ...(result ? readMembers(result) : noMembers)]),
      }
    case "failed":
      return { error: error ? readError(error) : { code: -32603, message: "The task failed." } }
    case "cancelled":
      throw new GatewayError("service_error", "The service cancelled the task that this call had begun.")
    case "working":
    case "input_required":
      return undefined
    case undefined:
    default:
      throw new GatewayError("service_error", "The service gives a task a state that MCP does not know.")
  }
}

function readError(raw: RawJson): NonNullable<Answer["error"]> {
  const { code, message } = fromRaw(raw) as { code?: unknown; message?: unknown }
  const data = readMembers(raw).get("data")
  const known = { code: typeof code === "number" ? code : -32603, message: String(message) }
  return data ? { ...known, data } : known
}

/** What a task asks now, without what it was told already: by their keys, each request as it came. */
export function openQuestions(state: RawObject, answers: RawJson | undefined): RawObject {
  if (readString(state.get("status")) !== "input_required") return noMembers
  const raw = state.get("inputRequests")
  const answered = answers ? readMembers(answers) : noMembers
  return new Map([...(raw ? readMembers(raw) : noMembers)].filter(([key]) => !answered.has(key)))
}
