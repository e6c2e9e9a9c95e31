/**
 * Waits for a task of a modern service inside an open call, for a client that cannot be given it: asks for its state as
 * often as the service likes, and tells of progress meanwhile. When the task asks something, the call does.
 *
 * @see https://modelcontextprotocol.io/seps/2663-tasks-extension
 */

import { setTimeout as sleep } from "node:timers/promises"
import { GatewayError } from "../../errors.ts"
import { refuseQuestion } from "../../mcp/asking.ts"
import { readInputRequests } from "../../mcp/input-requests.ts"
import type { Answer, Exchange, Request } from "../../mcp/message.ts"
import { openQuestions, outcomeOf } from "../../mcp/task-state.ts"
import {
  fromRaw,
  readString,
  toRaw,
  toRawObject,
  writeObject,
  type RawJson,
  type RawObject,
} from "../../mcp/raw-json.ts"

export type TaskRun = {
  /** The call that waits. */
  readonly request: Request
  readonly exchange: Exchange
  /** The service's own. */
  readonly taskId: string
  /** The state that a round of this call brings back with the answers to what the task asks. */
  readonly state: () => string
  readonly send: (request: Request, exchange: Exchange) => Promise<Answer>
  readonly nextProgress?: () => number
  /** How long the task may take. */
  readonly maxMs?: number
  /** Whoever was given the task can still ask for it; where nobody was, it is cancelled. */
  readonly whenLeft?: "goes on"
}

type Known = {
  /** What the service said last. */
  readonly state?: RawObject
  /** The client's answers to what the task asked in the round before. */
  readonly answers?: RawJson | undefined
}

const defaultMaxMs = 600_000
const leastPauseMs = 50
const defaultPauseMs = 1_000
const mostPauseMs = 30_000
const cancelMs = 5_000

/** @throws GatewayError `timeout`, `service_error`; what becomes of the task then: `whenLeft` */
export async function runToEnd(run: TaskRun, { state, answers }: Known): Promise<Answer> {
  const { maxMs = defaultMaxMs, exchange } = run
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(tooLong(run, maxMs)), maxMs)
  const signal = AbortSignal.any([exchange.signal, late.signal])
  const waiting: TaskRun = { ...run, exchange: { signal, notify: (said) => exchange.notify(said) } }
  try {
    const refused = answers && (await ask(waiting, "tasks/update", { inputResponses: answers })).error
    return refused ? { error: refused } : await follow(waiting, state, answers)
  } catch (thrown) {
    if (signal.aborted && !run.whenLeft) void cancelTask(run)
    throw signal.aborted ? signal.reason : thrown
  } finally {
    clearTimeout(timer)
  }
}

/** @param answers what the task was told just now, though it may still show the questions */
async function follow(run: TaskRun, first: RawObject | undefined, answers: RawJson | undefined): Promise<Answer> {
  for (let state = first; ; state = undefined) {
    const { result, error } = state ? { result: state } : await ask(run, "tasks/get")
    if (error) return { error }
    const ended = outcomeOf(result)
    if (ended) return ended
    const questions = openQuestions(result, answers)
    if (questions.size > 0) return askClient(run, questions)
    tellProgress(run, result)
    await sleep(pauseOf(result), undefined, { signal: run.exchange.signal })
  }
}

type Asked = Pick<TaskRun, "request" | "exchange" | "taskId" | "send">

function ask({ request, exchange, taskId, send }: Asked, method: string, more = {}): Promise<Answer> {
  const params = new Map([["taskId", toRaw(taskId)], ...Object.entries<RawJson>(more)])
  return send({ ...request, method, params, progressToken: undefined }, exchange)
}

/** The service hears of it if it can; nobody waits for that. */
export async function cancelTask(run: Pick<TaskRun, "request" | "taskId" | "send">): Promise<void> {
  const exchange = { signal: AbortSignal.timeout(cancelMs), notify: () => {} }
  await ask({ ...run, exchange }, "tasks/cancel").catch(() => {})
}

/** Ends this round of the call with the questions of its task, unless nobody is there to answer them. */
function askClient(run: TaskRun, questions: RawObject): Answer {
  const asked = new Map([["inputRequests", writeObject(questions)]])
  for (const question of readInputRequests(asked, run.request.client).values()) {
    const refused = refuseQuestion(run.request.client, question)?.error
    if (!refused) continue
    if (!run.whenLeft) void cancelTask(run)
    const left = run.whenLeft ? "cannot be answered here" : "cannot be answered, and was cancelled"
    throw new GatewayError("invalid", `The task asks what ${left}: ${refused.message}`)
  }
  return {
    result: new Map([["resultType", toRaw("input_required")], ...asked, ["requestState", toRaw(run.state())]]),
  }
}

function tellProgress({ request: { progressToken }, exchange, nextProgress }: TaskRun, state: RawObject): void {
  if (!progressToken || !nextProgress) return
  const message = readString(state.get("statusMessage"))
  const params = new Map([["progressToken", progressToken], ...toRawObject({ progress: nextProgress(), message })])
  exchange.notify({ method: "notifications/progress", params })
}

function pauseOf(state: RawObject): number {
  const raw = state.get("pollIntervalMs")
  const wished = raw && fromRaw(raw)
  const pauseMs = typeof wished === "number" ? wished : defaultPauseMs
  return Math.min(mostPauseMs, Math.max(leastPauseMs, pauseMs))
}

function tooLong({ whenLeft }: TaskRun, maxMs: number): GatewayError {
  const end = whenLeft ? "It goes on; ask again." : "It was cancelled; it may have had effects."
  const text = `The task took longer than ${maxMs} ms, the limit (maxTimeMs). ${end}`
  return new GatewayError("timeout", text)
}
