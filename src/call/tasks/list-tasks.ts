/** `tasks/list` of 2025-11-25: the tasks of one principal, as far as it may still use their tools. */

import type { Answer } from "../../mcp/message.ts"
import { toRaw, toRawObject, writeArray, writeObject } from "../../mcp/raw-json.ts"
import { mayUse } from "../authorize.ts"
import type { CallRequest } from "../call.ts"
import type { ListSteps } from "../list.ts"
import type { Known } from "../resolve.ts"
import type { KnownTask, TaskIndex } from "./task-index.ts"

const pageSize = 100

export type TaskListOptions = {
  readonly steps: ListSteps
  readonly index: TaskIndex
  /** Epoch ms. */
  readonly now: () => number
}

/** @throws GatewayError `unauthenticated`, `audit_unavailable`; `invalid` for a cursor that is not ours */
export async function listTasks(
  { steps, index, now }: TaskListOptions,
  known: Known,
  call: CallRequest,
): Promise<Answer> {
  const { mount } = call
  const principal = steps.authenticate(call.caller)
  const isSeen = ([, { record }]: readonly [string, KnownTask]): boolean => {
    const entry = known.catalog.mounted.get(record.service)?.byName.tools.get(record.tool)
    return (
      entry !== undefined && (mount ?? record.service) === record.service && mayUse(known, principal, call, entry)
    )
  }
  const tasks = index.listOf(principal.principal.id, now()).filter(isSeen)
  const after = steps.cursors.read(call)
  const page = tasks.slice(tasks.findIndex(([id]) => id === after) + 1).slice(0, pageSize)
  const last = page.at(-1)
  const isLast = last === tasks.at(-1)
  await steps.shown(principal, call, { kind: "list", detail: { items: tasks.length, shown: page.length } })
  const shown = writeArray(page.map(([, { state }]) => writeObject(state)))
  const cursor = last && !isLast ? toRawObject({ nextCursor: steps.cursors.write(call, last[0]) }) : []
  return { result: new Map([["resultType", toRaw("complete")], ["tasks", shown], ...cursor]) }
}
