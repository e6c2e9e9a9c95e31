/**
 * A call of a legacy client. What a legacy service asks goes straight to the client; what a modern one asks inside its
 * answer is asked of the client in the middle of the open call, all questions of a round at once, and then the request
 * is sent again with the answers.
 */

import { GatewayError } from "../../errors.ts"
import { askingMethods, refuseQuestion } from "../../mcp/asking.ts"
import { withAsk } from "../../mcp/exchange.ts"
import { asksForInput, readInputRequests, retryMembers } from "../../mcp/input-requests.ts"
import type { Answer, Exchange, Request } from "../../mcp/message.ts"
import {
  readString,
  toRaw,
  toRawObject,
  withMembers,
  writeObject,
  type RawJson,
  type RawObject,
} from "../../mcp/raw-json.ts"
import type { BridgedCall } from "./bridged-call.ts"
import { stopping as stoppingNow } from "./parking.ts"
import { withoutQuestions } from "./without-questions.ts"

export type RoundsOptions = {
  /** How long a client may take to answer: `limits.parkedMs`. */
  readonly answerMs: number
  readonly newId: () => string
  /** Aborts when clients can bring no more answers. */
  readonly stopping: AbortSignal
}

type Ask = NonNullable<Exchange["ask"]>

/** The answers of one round, and the ids of the pages that the client opened for it. */
type Answered = { readonly responses: RawJson; readonly opened: readonly string[] }

/** The result of a task too is waited for in rounds. */
const mayAsk: ReadonlySet<string> = new Set([...askingMethods, "tasks/result"])
const maxRounds = 10
const maxQuestions = 64
/** Of one call: while a question is open, no other deadline of it runs. */
const maxAsked = 1_000
const invalidParams = -32602

/** @throws GatewayError */
export async function sendForLegacy(call: BridgedCall, options: RoundsOptions): Promise<Answer> {
  const { ask } = call.exchange
  const exchange = ask ? withAsk(call.exchange, askInTime(call.request, ask, options)) : call.exchange
  let request = withoutRetry(call.request)
  let answer = await call.send(request, exchange)
  if (!mayAsk.has(request.method)) return withoutQuestions(request.method, answer)
  for (let round = 1; asksForInput(answer) && answer.result; round++) {
    const asking = answer
    const given = await askRound(round, answer.result, { request, exchange, newId: options.newId }).catch(
      (thrown: unknown) => {
        call.abandon?.(asking)
        throw thrown
      },
    )
    const { responses, opened } = given
    const retry = { inputResponses: responses, requestState: answer.result.get("requestState") }
    request = { ...request, params: withMembers(request.params, retry) }
    answer = await call.send(request, exchange)
    for (const elicitationId of opened)
      exchange.notify({ method: "notifications/elicitation/complete", params: toRawObject({ elicitationId }) })
  }
  return answer
}

/** Members of those names mean nothing in this client's era; a modern service would take them for answers to it. */
function withoutRetry(request: Request): Request {
  if (!askingMethods.has(request.method)) return request
  return { ...request, params: withMembers(request.params, retryMembers) }
}

/** Nobody waits for ever for a client that has forgotten the question. */
function askInTime({ client }: Request, ask: Ask, { answerMs, stopping }: RoundsOptions): Ask {
  let asked = 0
  return async (question, signal) => {
    const refusal = refuseQuestion(client, question) ?? (asked++ < maxAsked ? undefined : tooMany)
    if (refusal) return refusal
    const over = new AbortController()
    const text = `The client did not answer within ${answerMs} ms, the limit (limits.parkedMs).`
    const timer = setTimeout(() => over.abort(new GatewayError("timeout", text)), answerMs)
    const stop = (): void => over.abort(stoppingNow())
    stopping.addEventListener("abort", stop, { once: true })
    if (stopping.aborted) stop()
    try {
      over.signal.throwIfAborted()
      return await ask(question, AbortSignal.any([signal, over.signal]))
    } finally {
      clearTimeout(timer)
      stopping.removeEventListener("abort", stop)
    }
  }
}

const tooMany: Answer = {
  error: { code: invalidParams, message: `One call may ask ${maxAsked} questions, the limit.` },
}

type Asking = { readonly request: Request; readonly exchange: Exchange; readonly newId: () => string }

async function askRound(round: number, result: RawObject, asking: Asking): Promise<Answered> {
  if (round > maxRounds) throw refused(`it has asked ${maxRounds} times, the limit`)
  return askAll(result, asking)
}

/** @throws GatewayError where one of them cannot be asked or is not answered; the others are withdrawn */
async function askAll(result: RawObject, { request, exchange, newId }: Asking): Promise<Answered> {
  const questions = [...readQuestions(result, request)].map(
    ([key, question]) => [key, withId(question, newId)] as const,
  )
  const { ask, signal } = exchange
  const failed = new AbortController()
  const asked = questions.map(async ([key, { question }]) => {
    const answer = ask ? await ask(question, AbortSignal.any([signal, failed.signal])) : undefined
    if (!answer?.result) throw unanswered(question, answer)
    return [key, answer.result] as const
  })
  const answers = await Promise.all(asked).finally(() =>
    failed.abort(new GatewayError("invalid", "The call is over.")),
  )
  const accepted = new Set(
    answers.filter(([, given]) => readString(given.get("action")) === "accept").map(([key]) => key),
  )
  return {
    responses: writeObject(new Map(answers.map(([key, given]) => [key, writeObject(given)]))),
    opened: questions.flatMap(([key, { id }]) => (id !== undefined && accepted.has(key) ? [id] : [])),
  }
}

function readQuestions(result: RawObject, { client }: Request): ReadonlyMap<string, Request> {
  const questions = readInputRequests(result, client)
  if (questions.size <= maxQuestions) return questions
  throw refused(`it asks more than ${maxQuestions} questions at once`)
}

/** A legacy client tells the pages that it opens apart by an id; since 2026-07-28 they have none. */
function withId(question: Request, newId: () => string): { readonly question: Request; readonly id?: string } {
  if (question.method !== "elicitation/create" || readString(question.params.get("mode")) !== "url")
    return { question }
  const id = newId()
  return { id, question: { ...question, params: withMembers(question.params, { elicitationId: toRaw(id) }) } }
}

function unanswered({ method }: Request, answer: Answer | undefined): GatewayError {
  const { code, message } = answer?.error ?? {}
  const why = message === undefined ? "cannot be asked over this connection" : `answered with an error: ${message}`
  const text = `The service needs an answer to ${method.slice(0, 64)}, and the client ${why.slice(0, 300)}`
  return new GatewayError("invalid", text, {
    detail: { method: method.slice(0, 64), ...(code !== undefined && { rpc: code }) },
  })
}

function refused(why: string): GatewayError {
  return new GatewayError("service_error", `The call cannot go on with what the service asks: ${why}.`)
}
