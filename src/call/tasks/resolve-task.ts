/** What a request about a task points at: the tool that the task runs, which its principal must still be allowed to use. */

import type { ActivePrincipal } from "../../domain/principal.ts"
import { readString } from "../../mcp/raw-json.ts"
import { GatewayError } from "../../errors.ts"
import type { CallRequest } from "../call.ts"
import type { Known } from "../resolve.ts"
import { unknownTarget, type TaskTarget } from "../target.ts"

export const taskMethods: ReadonlySet<string> = new Set([
  "tasks/get",
  "tasks/result",
  "tasks/update",
  "tasks/cancel",
])

/** @throws GatewayError `not_found` for whatever is not this principal's; `invalid` where the id is missing */
export function resolveTask(known: Known, principal: ActivePrincipal, call: CallRequest): TaskTarget {
  const id = readString(call.request.params.get("taskId"))
  if (id === undefined) throw new GatewayError("invalid", "params.taskId must be a string.")
  return findTask(known, principal, { mount: call.mount, id })
}

/** @throws GatewayError `not_found` */
export function findTask(
  { catalog, openTaskId }: Known,
  { principal }: ActivePrincipal,
  { mount, id }: { readonly mount: string | undefined; readonly id: string },
): TaskTarget {
  const asked = { kind: "task", name: id } as const
  const record = openTaskId(id)
  if (record?.principalId !== principal.id || (mount !== undefined && mount !== record.service))
    throw unknownTarget(asked)
  const entry = catalog.mounted.get(record.service)?.byName.tools.get(record.tool)
  if (!entry) throw unknownTarget(asked)
  return { kind: "task", asked, entry, record }
}
