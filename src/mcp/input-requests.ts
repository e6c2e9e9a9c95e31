/**
 * Questions inside an answer: how a service of the modern era asks its client, and how the client's next request brings
 * the answers. Which questions a client can be asked: asking.ts.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
 */

import { GatewayError } from "../errors.ts"
import type { Answer, ClientFacts, Request, RpcError } from "./message.ts"
import { metaOf, withMeta, withoutHopKeys, withoutMeta } from "./meta.ts"
import { readItems, readMembers } from "./outline.ts"
import { ProtocolError } from "./protocol-error.ts"
import { resultTypeOf } from "./result-type.ts"
import {
  noMembers,
  readString,
  toRaw,
  withMembers,
  writeObject,
  type RawJson,
  type RawObject,
} from "./raw-json.ts"

const inputRequired = "input_required"

/** What a retry adds to the params of the request it repeats. */
export const retryMembers = { inputResponses: undefined, requestState: undefined } as const

export function asksForInput(answer: Answer): boolean {
  return resultTypeOf(answer) === inputRequired
}

/** An answer that asks, with the state that the retry must bring back. */
export function writeInputRequired(questions: ReadonlyMap<string, Request>, state: string): Answer {
  const requests = new Map([...questions].map(([key, question]) => [key, writeQuestion(question)]))
  return {
    result: new Map([
      ["resultType", toRaw(inputRequired)],
      ["inputRequests", writeObject(requests)],
      ["requestState", toRaw(state)],
    ]),
  }
}

/**
 * The questions of an answer that asks, by their keys.
 *
 * @param client of the requests that the questions become
 * @throws GatewayError `service_error`
 */
export function readInputRequests(result: RawObject, client: ClientFacts): ReadonlyMap<string, Request> {
  const raw = result.get("inputRequests")
  return fromService(
    () =>
      new Map([...(raw ? readMembers(raw) : noMembers)].map(([key, each]) => [key, readQuestion(each, client)])),
  )
}

/**
 * The pages that a user must open first, by the error in which a legacy service says so.
 *
 * @throws GatewayError `service_error`
 */
export function readNeededPages({ data }: RpcError, client: ClientFacts): readonly Request[] {
  return fromService(() => {
    const raw = data && readMembers(data).get("elicitations")
    return (raw ? readItems(raw) : []).map((each) => {
      const params = withMembers(readMembers(each), { mode: toRaw("url") })
      return toQuestion("elicitation/create", params, client)
    })
  })
}

/**
 * The client's answers by the keys of the questions.
 *
 * @throws ProtocolError `invalid_params`
 */
export function readInputResponses(params: RawObject): ReadonlyMap<string, RawObject> {
  const raw = params.get("inputResponses")
  return new Map([...(raw ? readMembers(raw) : noMembers)].map(([key, each]) => [key, readMembers(each)]))
}

/** One refusal for whatever is wrong with a state: who made it up learns nothing. */
export function invalidState(): GatewayError {
  return new GatewayError("invalid", "Invalid or expired requestState.")
}

function writeQuestion({ method, params, meta }: Request): RawJson {
  // Legacy clients tell the pages that they open apart by an id; since 2026-07-28 pages have none.
  const kept = method === "elicitation/create" ? withMembers(params, { elicitationId: undefined }) : params
  const all = withMeta(kept, meta)
  return writeObject(
    new Map([["method", toRaw(method)], ...(all.size > 0 ? [["params", writeObject(all)] as const] : [])]),
  )
}

function readQuestion(raw: RawJson, client: ClientFacts): Request {
  const question = readMembers(raw)
  const method = readString(question.get("method"))
  if (method === undefined) throw new ProtocolError("invalid_params", "A question must name its method.")
  const params = question.get("params")
  return toQuestion(method, params ? readMembers(params) : noMembers, client)
}

function toQuestion(method: string, params: RawObject, client: ClientFacts): Request {
  return {
    method,
    params: withoutMeta(params),
    meta: withoutHopKeys(metaOf(params)),
    client,
    progressToken: undefined,
    logLevel: undefined,
  }
}

function fromService<T>(read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    if (!(thrown instanceof ProtocolError)) throw thrown
    throw new GatewayError("service_error", `What the service asks is not valid: ${thrown.message}`, {
      cause: thrown,
    })
  }
}
