/** Taking back what was changed: a change of its own, planned, judged and recorded as any other. */

import * as z from "zod"
import { showChanges } from "../../domain/changes/change-shown.ts"
import type { Change } from "../../domain/changes/change.ts"
import { GatewayError } from "../../errors.ts"
import { defineChange } from "../changes/change-operation.ts"
import { assertGovernorRemains, type IdentityChange } from "../identity/identity-rules.ts"
import type { Draft, OperationContext } from "../operation.ts"
import { plainLine } from "../plain-text.ts"
import { restore } from "./restore.ts"
import { recordRow, sayRecords, toRecordRow } from "./revision-row.ts"
import { wantedBack, wantedWithout, type Wanted } from "./undo-draft.ts"

export const rollback = defineChange({
  name: "rollback",
  title: "Take changes back",
  summary:
    "Takes back one revision (undo), or everything after one (to), by a new revision that brings services, grants, quotas back to what they were. You need the permissions that changing each of them by hand needs. A revision whose things were changed again later is not undone by itself. Keys that were revoked and passwords do not come back: the notes say what did not. See config_history for the numbers.",
  group: "history",
  permission: "history:read",
  effect: "update",
  risk: "high",
  route: { method: "POST", path: "/history/rollback" },
  input: z
    .strictObject({
      undo: z.int().min(1).exactOptional().describe("The number of the one revision to take back."),
      to: z.int().min(0).exactOptional().describe("Back to how it was after this revision; 0 is the beginning."),
    })
    .refine(({ undo, to }) => (undo === undefined) !== (to === undefined), "give either undo or to"),
  output: z.object({
    changes: z.array(recordRow),
    notes: z.array(z.string()).describe("What could not be brought back, or not as it was."),
    revision: z
      .int()
      .optional()
      .describe("The number of the revision that it made; absent where nothing changed."),
  }),
  draft: async (context, { undo, to = 0 }) => {
    const wanted = undo === undefined ? await wantedBack(context, to) : await wantedWithout(context, undo)
    const why = undo === undefined ? `back to revision ${to}` : `revision ${undo} undone`
    return { ...(await draftRestoring(context, wanted)), why }
  },
  tell: async (_context, _input, { changes, notes = [], revision }) => ({
    changes: showChanges(changes).map(toRecordRow),
    notes: [...notes],
    ...(revision !== undefined && { revision }),
  }),
  say: ({ changes, notes, revision }) => {
    const what = revision === undefined ? "Nothing had to change." : `Brought back as revision ${revision}:`
    return [what, ...sayRecords(changes, 0), ...notes.map((note) => `Note: ${plainLine(note, 500)}`)].join("\n")
  },
})

/** So many that a person can still look at what a plan shows of them. */
const maxThings = 500

async function draftRestoring(context: OperationContext, wanted: readonly Wanted[]): Promise<Draft<undefined>> {
  if (wanted.length > maxThings)
    throw new GatewayError("too_large", `At most ${maxThings} things are brought back at once; go in steps.`)
  const restored = []
  for (const one of wanted) restored.push(await restore(context, one))
  const changes = restored.flatMap(({ change }) => change ?? [])
  const notes = restored.flatMap(({ note }) => note ?? [])
  if (changes.length === 0 && notes.length > 0)
    throw new GatewayError("conflict", `Nothing was undone. ${notes[0]}`)
  const identities = changes.flatMap(toIdentityChange)
  if (identities.length > 0) await assertGovernorRemains(context, ...identities)
  return { changes, notes, memo: undefined }
}

function toIdentityChange(change: Change): readonly IdentityChange[] {
  if (change.subject === "principal" && change.after) return [{ principal: change.after }]
  return change.subject === "key" && change.after ? [{ keys: [change.after] }] : []
}
