/** What a call points at, once resolved, and the one way to say that there is nothing there. */

import type { Entry } from "../domain/catalog.ts"
import type { ManagementResource, ManagementTool } from "../domain/tool.ts"
import { GatewayError } from "../errors.ts"
import type { TaskRecord } from "./tasks/task-ids.ts"

/** What was asked for, as the caller put it. */
export type Asked = { readonly kind: "tool" | "prompt" | "resource" | "task" | "method"; readonly name: string }

export type Target =
  | {
      readonly kind: "item"
      readonly asked: Asked
      readonly entry: Pick<Entry, "kind" | "service" | "canonicalName" | "item">
    }
  | { readonly kind: "resource"; readonly asked: Asked; readonly entry: Resource }
  | TaskTarget
  | MethodTarget
  | {
      readonly kind: "operation"
      readonly asked: Asked
      readonly tool: ManagementTool
      /** Where it is read, not called. */
      readonly resource?: ManagementResource
    }

/** A task that was begun by a call of the entry's tool. */
export type TaskTarget = {
  readonly kind: "task"
  readonly asked: Asked
  readonly entry: Entry
  readonly record: TaskRecord
}

/** A method of a service's own, which its file lets through; granted and recorded as a tool of that name. */
export type MethodTarget = {
  readonly kind: "method"
  readonly asked: Asked
  readonly entry: { readonly kind: "tools"; readonly service: string; readonly canonicalName: string }
}

/** A resource by its service's own URI, whether or not the service lists it. */
export type Resource = {
  readonly kind: "resources"
  readonly service: string
  readonly uri: string
  readonly canonicalName: string
}

export function unknownTarget({ kind, name }: Asked): GatewayError {
  const shown = name.length > 200 ? `${name.slice(0, 200)}...` : name
  const detail = kind === "resource" ? { uri: shown } : {}
  return new GatewayError("not_found", `Unknown ${kind}: ${shown}`, { detail })
}
