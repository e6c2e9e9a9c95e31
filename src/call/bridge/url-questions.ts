/**
 * A legacy service may refuse a call until its user has opened a page: error -32042, which the modern era must not see.
 * For a modern client that can open pages it becomes a question; when the user agrees the call is made again.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation#url-elicitation-required-errors
 */

import { GatewayError } from "../../errors.ts"
import { refuseQuestion } from "../../mcp/asking.ts"
import { readNeededPages } from "../../mcp/input-requests.ts"
import type { Answer, Exchange, Request, RpcError } from "../../mcp/message.ts"
import { readString, toRaw } from "../../mcp/raw-json.ts"
import type { Send } from "./bridged-call.ts"

const urlElicitationRequired = -32042
const missingCapability = -32021
const maxRounds = 10
const maxPages = 64

/** Sends as a modern client wants it answered, asking it where the exchange can. */
export async function sendOpeningPages(send: Send, request: Request, exchange: Exchange): Promise<Answer> {
  const answer = await send(request, exchange)
  return answer.error ? openPages(answer, { send, request, exchange }) : answer
}

type Opening = { readonly send: Send; readonly request: Request; readonly exchange: Exchange }

/** @param first what the service answered so far */
export async function openPages(first: Answer, { send, request, exchange }: Opening): Promise<Answer> {
  let answer = first
  for (let round = 1; round <= maxRounds; round++) {
    if (answer.error?.code !== urlElicitationRequired) return answer
    const questions = readNeededPages(answer.error, request.client)
    if (questions.length === 0) throw refused("names none")
    if (questions.length > maxPages) throw refused(`names more than ${maxPages}`)
    const { ask, signal } = exchange
    if (!ask || questions.some((question) => refuseQuestion(request.client, question)))
      return { error: asMissing(answer.error) }
    const given = await Promise.all(questions.map((question) => ask(question, signal)))
    const agreed = given.every(({ result }) => readString(result?.get("action")) === "accept")
    if (!agreed) throw refused("got no consent to that")
    answer = await send(request, exchange)
  }
  throw refused(`has asked for that ${maxRounds} times, the limit`)
}

function asMissing({ message }: RpcError): RpcError {
  const data = toRaw({ requiredCapabilities: { elicitation: { url: {} } } })
  return { code: missingCapability, message, data }
}

function refused(why: string): GatewayError {
  return new GatewayError("service_error", `The service needs its user to open a page first, and ${why}.`)
}
