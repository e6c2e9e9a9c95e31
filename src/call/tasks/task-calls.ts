/**
 * Calls that run as tasks, in all four cells. Within an era a task is handed on: its client gets an id of ours and asks
 * for it by that. A modern client gets the task of a legacy service as one of its own era. Who cannot be given a task
 * waits in the open call until the task has ended (run-to-end.ts).
 *
 * It stands between the route step and the fleet, so that each round of a call that asks something passes here too.
 * Requests about tasks: task-requests.ts. The ids: task-ids.ts. Who can do what: support.ts. What the eras call things:
 * mcp/legacy-tasks.ts.
 */

import type { Place } from "../../domain/fleet.ts"
import { tasksExtension, type Answer } from "../../mcp/message.ts"
import { readString, toRaw, withMembers, type RawObject } from "../../mcp/raw-json.ts"
import { resultTypeOf } from "../../mcp/result-type.ts"
import type { Target } from "../target.ts"
import { asModernTask } from "./modern-task.ts"
import { countProgress } from "./progress-count.ts"
import { runToEnd } from "./run-to-end.ts"
import { declaring, runOf, withoutQuestions, type SendCall, type Sent, type TaskCallsOptions } from "./sent.ts"
import { knowsTasks, taskSupportOf } from "./support.ts"
import type { TaskRecord } from "./task-ids.ts"
import { askOfTask } from "./task-requests.ts"

type ToolTarget = Extract<Target, { kind: "item" }>

export function sendThroughTasks(options: TaskCallsOptions): SendCall {
  return (service, request, exchange, sending) => {
    const { target } = sending
    const offer = options.catalog().offers.get(service)
    const sent: Sent = { options, service, offer, era: offer?.era ?? "modern", request, exchange, sending }
    if (target?.kind === "task") return askOfTask(sent, target)
    if (target?.kind === "item" && request.method === "tools/call") return callTool(sent, target)
    return options.fleet.send(service, request, exchange, sending)
  }
}

const methodNotFound = -32601
const missingCapability = -32021

/** A tool, for a client that may want it run as a task, or may have to take it so. */
async function callTool(sent: Sent, target: ToolTarget): Promise<Answer> {
  const { offer, service, request } = sent
  const earlier = findRound(sent, target)
  if (earlier) return runToEnd(runOf(sent, earlier), { answers: request.params.get("inputResponses") })
  const support = taskSupportOf(offer, target.entry)
  const refused = refuse(sent, target, support)
  if (refused) return refused
  let place: Place | undefined
  const counted = request.progressToken ? countProgress(sent.exchange) : undefined
  const onPlace = (found: Place): void => void (place = found)
  const answer = await sendTool(
    fit({ ...sent, exchange: counted?.exchange ?? sent.exchange, sending: { ...sent.sending, onPlace } }, support),
  )
  const taskId = taskIdOf(answer)
  if (!answer.result || taskId === undefined) return answer
  const { principalId } = sent.sending
  const record = { principalId, service, tool: target.entry.item.shownName, taskId }
  if (isGiven(sent)) return { result: give(sent, record, { place, state: answer.result }) }
  const run = runOf({ ...sent, sending: { ...sent.sending, place } }, record)
  return runToEnd({ ...run, ...(counted && { nextProgress: counted.next }) }, { state: answer.result })
}

/** The task that an earlier round of this call waits for. */
function findRound({ options, request, sending, service }: Sent, { entry }: ToolTarget): TaskRecord | undefined {
  const state = readString(request.params.get("requestState"))
  const record = state === undefined ? undefined : options.rounds.open(state)
  const isOurs = record?.principalId === sending.principalId && record.service === service
  return isOurs && record.tool === entry.item.shownName ? record : undefined
}

function refuse({ request, era }: Sent, target: ToolTarget, support: string): Answer | undefined {
  const { client, params } = request
  if (client.era === "modern")
    return support === "required" && !knowsTasks(client) ? { error: tasksNeeded() } : undefined
  if (!params.has("task") || !knowsTasks(client)) return undefined
  // What a modern service leaves open is run all the same, as no task.
  const allowed = era === "legacy" ? support !== "forbidden" : target.entry.item.taskSupport === "optional"
  return allowed ? undefined : { error: { code: methodNotFound, message: notAsTask(target) } }
}

function notAsTask({ asked }: ToolTarget): string {
  return `${asked.name.slice(0, 200)} cannot be run as a task; call it without "task".`
}

function tasksNeeded(): NonNullable<Answer["error"]> {
  const message = `This tool runs as a task only; declare ${tasksExtension} to be given one.`
  const requiredCapabilities = { extensions: { [tasksExtension]: {} } }
  return { code: missingCapability, message, data: toRaw({ requiredCapabilities }) }
}

/** The request as this client and this service go together. */
function fit(sent: Sent, support: string): Sent {
  const { client, params } = sent.request
  const isLegacy = client.era === "legacy" && sent.era === "legacy"
  if (isLegacy && knowsTasks(client) && support !== "forbidden") return sent
  const isNeeded = client.era === "modern" && support === "required"
  if (!isNeeded && !params.has("task")) return sent
  const request = { ...sent.request, params: withMembers(params, { task: isNeeded ? toRaw({}) : undefined }) }
  return isNeeded ? withoutQuestions({ ...sent, request }) : { ...sent, request }
}

function sendTool(sent: Sent): Promise<Answer> {
  const { options, service, request, exchange, sending } = sent
  const answer = options.fleet.send(service, request, exchange, sending)
  return request.client.era === "modern" ? answer : takingTasks(sent, answer)
}

/** A modern service that can run the tool as a task only is told, for a legacy client, that we take one. */
async function takingTasks(
  { options, service, request, exchange, sending }: Sent,
  first: Promise<Answer>,
): Promise<Answer> {
  const answer = await first
  return wantsTasks(answer) ? options.fleet.send(service, declaring(request), exchange, sending) : answer
}

function wantsTasks({ error }: Answer): boolean {
  return error?.code === missingCapability && error.data?.includes(`"${tasksExtension}"`) === true
}

function taskIdOf(answer: Answer): string | undefined {
  return resultTypeOf(answer) === "task" ? readString(answer.result?.get("taskId")) : undefined
}

function isGiven({ request: { client }, era }: Sent): boolean {
  return knowsTasks(client) && (client.era === "modern" || era === "legacy")
}

/** A task that its client is given: under an id of ours, in a form that its era knows. */
function give(
  { options, era, request }: Sent,
  record: TaskRecord,
  { place, state }: { readonly place: Place | undefined; readonly state: RawObject },
): RawObject {
  const id = options.ids.seal(record)
  const given = withMembers(state, { taskId: toRaw(id) })
  const shown = era === "legacy" && request.client.era === "modern" ? asModernTask(given) : given
  options.index.remember(id, record, { place, state: shown })
  return shown
}
