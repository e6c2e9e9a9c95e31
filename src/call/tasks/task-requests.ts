/**
 * What clients ask of tasks that they were given: `tasks/get`, `tasks/result`, `tasks/update`, `tasks/cancel`. Within an
 * era they are relayed under the service's own id. A modern client asks a legacy service in the words of the extension,
 * and the other way around where one principal has clients of both eras.
 */

import type { Answer } from "../../mcp/message.ts"
import { toRaw } from "../../mcp/raw-json.ts"
import type { TaskTarget } from "../target.ts"
import { asModernTask, hasOutcome, withOutcome } from "./modern-task.ts"
import { answerToClient, exchangeFor, toService } from "../../mcp/related-task.ts"
import { runToEnd } from "./run-to-end.ts"
import { declaring, runOf, withoutQuestions, type Sent } from "./sent.ts"

export async function askOfTask(sent: Sent, target: TaskTarget): Promise<Answer> {
  const { options, era, request } = sent
  const names = { id: target.asked.name, taskId: target.record.taskId }
  const place = options.index.find(names.id)?.place
  const placed: Sent = {
    ...sent,
    request: toService(request, names),
    exchange: exchangeFor(sent.exchange, names),
    sending: { ...sent.sending, place },
  }
  const answer = await (request.client.era === era ? relay(placed) : across[era](placed, target))
  const given = answerToClient(answer, names)
  if (given.result) options.index.heard(names.id, given.result)
  return given
}

/** Asks the service, in its own era's words. */
function relay({ options, service, request, exchange, sending }: Sent, method = request.method): Promise<Answer> {
  const quiet = method === "tasks/result" && { quiet: true as const }
  return options.fleet.send(service, { ...request, method }, exchange, { ...sending, ...quiet })
}

const across = { legacy: askLegacyService, modern: askModernService } as const
const acknowledged: Answer = { result: new Map([["resultType", toRaw("complete")]]) }
const invalidParams = -32602

/** For a modern client. Its task asks nothing, so there is nothing to update. */
async function askLegacyService(given: Sent): Promise<Answer> {
  const sent = withoutQuestions(given)
  const { method } = sent.request
  if (method === "tasks/update") return acknowledged
  const { result, error } = await relay(sent)
  // A task that has ended cannot be cancelled any more; that was an error once.
  if (method === "tasks/cancel") return error && error.code !== invalidParams ? { error } : acknowledged
  if (error) return { error }
  const state = asModernTask(result)
  return { result: hasOutcome(state) ? withOutcome(state, await relay(sent, "tasks/result")) : state }
}

/** For a legacy client, whose principal was given the task as a modern one. */
async function askModernService(sent: Sent, { record }: TaskTarget): Promise<Answer> {
  const asked = { ...sent, request: declaring(sent.request) }
  const { method } = sent.request
  // Only a round before this one brings answers along.
  if (method === "tasks/result") {
    const run = { ...runOf(asked, record), whenLeft: "goes on" } as const
    return runToEnd(run, { answers: asked.request.params.get("inputResponses") })
  }
  const answer = await relay(asked)
  return method === "tasks/cancel" && answer.result ? relay(asked, "tasks/get") : answer
}
