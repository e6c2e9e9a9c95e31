/** Applies changes under a revision of the history: what is not on record is not done, and what was done is. */

import { recordOf } from "../../domain/changes/recorded-change.ts"
import { applyChanges } from "./apply-changes.ts"
import { assertNotForCommit } from "../history/commit-patch.ts"
import { inEffect } from "./in-effect.ts"
import type { Applied, Done, Draft, OperationContext } from "../operation.ts"

type Decided = {
  readonly operation: string
  readonly draft: Draft
  /** The id of the plan that the draft fulfils. */
  readonly plan?: string
}

/** @throws GatewayError what the history and the stores throw; nothing was changed then */
export async function applyDraft(
  context: OperationContext,
  { operation, draft, plan }: Decided,
): Promise<Applied> {
  const { changes, why } = draft
  if (changes.length === 0) return { ...draft, done: {} }
  assertNotForCommit(context, changes)
  const { actor, nowMs, history } = context
  const { id, name } = actor.principal
  const who = { kind: "principal", id, name } as const
  const records = changes.map(recordOf)
  let done: Done = {}
  const revision = await history.record(
    () => ({
      atMs: nowMs,
      who,
      operation,
      ...(plan !== undefined && { plan }),
      ...(why !== undefined && { why }),
      changes: records,
    }),
    {
      apply: async () => {
        done = await applyChanges(context, changes)
      },
      done: () => inEffect(context, records),
    },
  )
  return { ...draft, done, revision }
}
