/** Applies changes under a revision of the history: what is not on record is not done, and what was done is. */

import type { Change } from "../domain/change.ts"
import { recordOf } from "../domain/recorded-change.ts"
import { applyChanges } from "./apply-changes.ts"
import { inEffect } from "./in-effect.ts"
import type { Applied, Done, OperationContext } from "./operation.ts"

export type Recorded = {
  readonly operation: string
  readonly changes: readonly Change[]
  /** The id of the plan that they fulfil. */
  readonly plan?: string | undefined
}

/** @throws GatewayError what the history and the stores throw; nothing was changed then */
export async function applyRecorded(
  context: OperationContext,
  { operation, changes, plan }: Recorded,
): Promise<Pick<Applied, "done" | "revision">> {
  if (changes.length === 0) return { done: {} }
  const { actor, nowMs, history } = context
  const { id, name } = actor.principal
  const who = { kind: "principal", id, name } as const
  const records = changes.map(recordOf)
  let done: Done = {}
  const revision = await history.record(
    () => ({ atMs: nowMs, who, operation, ...(plan !== undefined && { plan }), changes: records }),
    {
      apply: async () => {
        done = await applyChanges(context, changes)
      },
      done: () => inEffect(context, records),
    },
  )
  return { done, revision }
}
