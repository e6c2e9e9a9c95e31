/**
 * The ids that clients know tasks by: each is the task's record, sealed, so that whoever brings one back is told at
 * once from whom it was given to, and nothing must be remembered for that.
 */

import type { Sealer } from "../../domain/secrets/secret.ts"
import { GatewayError } from "../../errors.ts"

/** Where a task is, and whose. */
export type TaskRecord = {
  readonly principalId: string
  readonly service: string
  /** The tool it runs, as its service's file names it. */
  readonly tool: string
  /** The service's own. */
  readonly taskId: string
}

export type TaskIds = {
  /** @throws GatewayError `service_error` where the service's id is too long to be handed on */
  seal(record: TaskRecord): string
  /** @returns undefined for whatever was not sealed here as the id of a task */
  open(id: string): TaskRecord | undefined
}

/** A sealed id travels in a header. */
const maxIdLength = 1_024

type Sealed = { readonly p: string; readonly s: string; readonly t: string; readonly i: string }

/** @param purpose ids of one purpose are worth nothing for another */
export function createTaskIds(sealer: Sealer, purpose: "task" | "task-round"): TaskIds {
  return {
    seal: ({ principalId, service, tool, taskId }) => {
      if (taskId.length > maxIdLength) throw tooLong()
      const sealed: Sealed = { p: principalId, s: service, t: tool, i: taskId }
      return sealer.seal(purpose, sealed)
    },
    open: (id) => {
      const sealed = sealer.open(purpose, id) as Sealed | undefined
      return sealed && { principalId: sealed.p, service: sealed.s, tool: sealed.t, taskId: sealed.i }
    },
  }
}

function tooLong(): GatewayError {
  return new GatewayError("service_error", `The service's id of a task is longer than ${maxIdLength} characters.`)
}
