/** What several revisions came to in the end: for each thing that they touched, how it was before and is after. */

import { showChange } from "../../domain/changes/change-shown.ts"
import type { Change } from "../../domain/changes/change.ts"
import { unifiedDiff } from "../../domain/diff/unified-diff.ts"
import type { JsonObject, Revision, WholeRecord } from "../../domain/changes/history.ts"
import { markChanged } from "../../domain/secrets/marked-secrets.ts"
import { redactRaw } from "../../domain/services/service-shown.ts"
import type { OperationContext } from "../operation.ts"
import { maySee, toRecordRow } from "./revision-row.ts"

/** Something that was touched: first as it was, last as it became. */
export type Touched = Pick<WholeRecord, "subject" | "id" | "name" | "before" | "after" | "diff">

/** In the order in which they were first touched. Of a revision that did not take effect nothing was. */
export function touchedBy(revisions: readonly Revision<WholeRecord>[]): readonly Touched[] {
  const touched = new Map<string, Touched>()
  for (const { number, changes, done } of revisions) {
    for (const [at, change] of changes.entries()) {
      if (!done.includes(at)) continue
      const { subject, id, name, after, diff } = change
      const key = isWhole(subject) ? keyOf(change) : `${number} ${at}`
      const { before } = touched.get(key) ?? change
      touched.set(key, { subject, id, name, diff, ...(before && { before }), ...(after && { after }) })
    }
  }
  return [...touched.values()]
}

/** Approvals are of some definitions of a service, and deeds of nothing: one does not go on where another ended. */
function isWhole(subject: string): boolean {
  return subject !== "pins" && subject !== "deed"
}

export function keyOf({ subject, id }: Pick<WholeRecord, "subject" | "id">): string {
  return `${subject} ${id}`
}

type Compared = { changes: ReturnType<typeof toRecordRow>[]; withheld: number; diff: string }

export function compareStates(context: OperationContext, revisions: readonly Revision<WholeRecord>[]): Compared {
  const touched = touchedBy(revisions)
  const seen = touched.filter(({ subject }) => maySee(context, subject))
  const shown = seen.map((one) => toRecordRow(recordShown(one)))
  const changes = shown.filter(({ diff }) => diff.length > 0)
  const files = seen.filter(({ subject }) => isWhole(subject)).map(textsOf)
  return { changes, withheld: touched.length - seen.length, diff: unifiedDiff(files) }
}

function recordShown({ subject, name, before, after, diff }: Touched): Omit<WholeRecord, "id"> {
  if (!isWhole(subject)) return { subject, name, effect: subject === "pins" ? "update" : "do", diff }
  return showChange({ subject, name, before, after } as Change)
}

function textsOf({ subject, id, name, before, after }: Touched): {
  path: string
  before: string | undefined
  after: string | undefined
} {
  const path =
    subject === "service" ? `servers.d/${name}.json` : `state/${subject}/${subject === "key" ? id : name}.json`
  return { path, before: before && textOf(subject, before), after: after && textOf(subject, after, before) }
}

function textOf(subject: string, real: JsonObject, before?: JsonObject): string {
  const { version: _version, ...value } = real
  const shown = subject === "service" ? markChanged({ real, shown: redactRaw(real) }, before) : value
  return `${JSON.stringify(shown, undefined, 2)}\n`
}
