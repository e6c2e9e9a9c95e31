/**
 * Where services come from files that the gateway only reads, as from a repository, a change of one is not made: it is
 * answered with the patch of those files, for whoever commits there.
 */

import type { Change, ServiceChange } from "../../domain/changes/change.ts"
import { diffLines, linesOf } from "../../domain/diff/line-diff.ts"
import { unifiedDiff, type FileDifference } from "../../domain/diff/unified-diff.ts"
import { secretLinesOf } from "../../domain/secrets/secret-lines.ts"
import { GatewayError } from "../../errors.ts"
import type { OperationContext } from "../operation.ts"
import type { PlanRow } from "../plans/plan-row.ts"

export type CommitPatch = { readonly patch?: string; readonly note: string }

/**
 * @returns undefined where the gateway makes the changes itself
 * @throws GatewayError `conflict` for changes of files and of other things in one
 */
export async function commitPatchOf(
  { services }: Pick<OperationContext, "services">,
  changes: readonly Change[],
): Promise<CommitPatch | undefined> {
  const ofServices = changes.filter((change) => change.subject === "service")
  if (!services.isReadonly || ofServices.length === 0) return undefined
  if (ofServices.length < changes.length) throw mixed()
  const files = await services.preview(ofServices.map(({ name, after }: ServiceChange) => ({ name, after })))
  const telling = files.filter(isTelling).map(({ path }) => path)
  if (telling.length > 0) return { note: withheld(telling) }
  return { patch: unifiedDiff(files), note: "Nothing is changed yet: commit the patch where the files come from." }
}

export function withPatch(row: PlanRow, commit: CommitPatch | undefined): PlanRow {
  if (!commit) return row
  const { patch, note } = commit
  return { ...row, notes: [...row.notes, note], ...(patch !== undefined && { patch }) }
}

/** @throws GatewayError `conflict` where files would have to be written that are only read */
export function assertNotForCommit(
  { services }: Pick<OperationContext, "services">,
  changes: readonly Change[],
): void {
  if (!services.isReadonly || changes.every(({ subject }) => subject !== "service")) return
  const text =
    "The services of this gateway are set by its files alone; commit the patch that the plan was answered with."
  throw new GatewayError("conflict", text)
}

/** Of what would stand in the patch, not of what stands elsewhere in the file. */
function isTelling(file: FileDifference): boolean {
  const { before = "", after = "" } = file
  const shown = new Set(shownLines(file))
  return [before, after].some((text) => {
    const secret = text === "" ? new Set<string>() : secretLinesOf(text)
    return secret === "all" || [...secret].some((line) => shown.has(line))
  })
}

const contextLines = 3

function shownLines({ before = "", after = "" }: FileDifference): readonly string[] {
  const edits = diffLines(linesOf(before), linesOf(after))
  const near = new Set(
    edits.flatMap(({ kind }, at) =>
      kind === "same" ? [] : Array.from({ length: 2 * contextLines + 1 }, (_none, by) => at + by - contextLines),
    ),
  )
  return edits.filter((_edit, at) => near.has(at)).map(({ line }) => line)
}

function withheld(paths: readonly string[]): string {
  return `Nothing is changed, and no patch is given: it would show values that are written into ${paths.slice(0, 5).join(", ")}. Write them as \${secret:NAME} or \${env:NAME}, or change the file by hand.`
}

function mixed(): GatewayError {
  return new GatewayError(
    "conflict",
    "The services of this gateway are set by its files alone, so they are not changed together with other things; change each by itself.",
  )
}
