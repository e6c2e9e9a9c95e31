/** What services tell of tasks of their own accord, passed on to who was given the tasks and asked to be told. */

import type { Fleet } from "../../domain/fleet.ts"
import type { Notification, Request } from "../../mcp/message.ts"
import { noMembers, toRaw } from "../../mcp/raw-json.ts"
import type { CallRequest } from "../call.ts"
import type { TaskTarget } from "../target.ts"
import { hasOutcome } from "./modern-task.ts"
import { toClient } from "../../mcp/related-task.ts"
import type { Sent, TaskCallsOptions } from "./sent.ts"
import { askOfTask } from "./task-requests.ts"

export type TaskWatching = {
  /** The subscription. */
  readonly call: CallRequest
  readonly tell: (news: Notification) => void
  /** Aborts when it ends. */
  readonly over: AbortSignal
}

/** @returns whether the service agreed to tell */
export function watchTask(
  { tasks: options, fleet }: { readonly tasks: TaskCallsOptions; readonly fleet: Pick<Fleet, "watchTask"> },
  target: TaskTarget,
  { call, tell, over }: TaskWatching,
): Promise<boolean> {
  const { record, entry } = target
  const id = target.asked.name
  const era = options.catalog().offers.get(entry.service)?.era ?? "modern"
  const { client } = call.request
  let hasEnded = false
  const isWhole = client.era === era || client.era === "legacy"
  const onNews = ({ method, params }: Notification): void => {
    const state = toClient(params, { id, taskId: record.taskId })
    options.index.heard(id, state)
    if (isWhole || !hasOutcome(state)) return tell({ method, params: state })
    // A service may say it as often as it likes; there is one end.
    if (hasEnded) return
    hasEnded = true
    void fetchState(options, target, { call, tell, over })
  }
  const place = options.index.find(id)?.place
  return fleet.watchTask(entry.service, { id: record.taskId, place }, onNews, over)
}

/** A modern client is told of the end with the result, which a legacy service gives to who asks. */
async function fetchState(
  options: TaskCallsOptions,
  target: TaskTarget,
  { call, tell, over }: TaskWatching,
): Promise<void> {
  const { client } = call.request
  const params = new Map([["taskId", toRaw(target.asked.name)]])
  const request: Request = {
    method: "tasks/get",
    params,
    meta: noMembers,
    client,
    progressToken: undefined,
    logLevel: undefined,
  }
  const { service } = target.entry
  const sent: Sent = {
    options,
    service,
    offer: options.catalog().offers.get(service),
    era: "legacy",
    request,
    exchange: { signal: over, notify: () => {} },
    sending: { principalId: target.record.principalId, repeatable: true },
  }
  // Who is not told asks: no news is promised.
  const { result } = await askOfTask(sent, target).catch(() => ({ result: undefined }))
  if (result && !over.aborted)
    tell({ method: "notifications/tasks", params: new Map([...result].filter(isOfTask)) })
}

function isOfTask([name]: readonly [string, unknown]): boolean {
  return name !== "resultType" && name !== "_meta"
}
