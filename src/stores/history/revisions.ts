/** From the lines of a file to what they say: revisions with what became of them, and the services as they were left. */

import type { JsonObject, Outcome, Revision, RevisionDraft, WholeRecord } from "../../domain/changes/history.ts"
import type { Sealer } from "../../domain/secrets/secret.ts"
import { format, type LineBody, type RevisionLine } from "./lines.ts"
import { openPieces, sealPieces } from "./sealed-pieces.ts"
import { damaged, type PlacedLine } from "./segment.ts"

const unopened = "what is sealed there does not open under keys/seal.key"

export type SealedRevision = Omit<Revision, "changes"> & { readonly changes: RevisionLine["changes"] }

export function revisionsIn(lines: readonly PlacedLine[]): readonly SealedRevision[] {
  const found: SealedRevision[] = []
  for (const { line, digest } of lines) {
    if (line.kind === "revision") {
      const { kind: _kind, ...facts } = line
      found.push({ ...facts, digest, outcome: "open", done: [] })
    }
    const told = found.at(-1)
    if (line.kind === "outcome" && told) found[found.length - 1] = settled(told, line.done)
  }
  return found
}

function settled(revision: SealedRevision, done: readonly number[]): SealedRevision {
  const count = new Set(done).size
  const outcome: Outcome = count === revision.changes.length ? "applied" : count === 0 ? "failed" : "partly"
  return { ...revision, outcome, done }
}

export function toShown({ changes, ...facts }: SealedRevision): Revision {
  return { ...facts, changes: changes.map(({ sealed: _sealed, ...shown }) => shown) }
}

/** @param first of its file, to name it. @throws GatewayError `conflict` where it does not open */
export function toWhole(
  sealer: Sealer,
  first: number,
  { changes, ...facts }: SealedRevision,
): Revision<WholeRecord> {
  const { number } = facts
  const opened = changes.map(({ sealed, ...shown }, at) => {
    const sides = openPieces(sealer, purposeOf(number, at), sealed)
    if (sides === undefined) throw damaged(first, `revision ${number}`, unopened)
    return { ...shown, ...(sides as Pick<WholeRecord, "before" | "after">) }
  })
  return { ...facts, changes: opened }
}

export function toLine(sealer: Sealer, number: number, { changes, ...facts }: RevisionDraft): LineBody {
  const sealed = changes.map(({ before, after, ...shown }, at) => {
    const sides = { ...(before && { before }), ...(after && { after }) }
    const { subject, id, name, effect, diff } = shown
    return { subject, id, name, effect, diff: [...diff], sealed: sealPieces(sealer, purposeOf(number, at), sides) }
  })
  return { kind: "revision", number, ...facts, changes: sealed }
}

function purposeOf(number: number, at: number): string {
  return `history ${number} ${at}`
}

export type Services = Map<string, JsonObject>

export function* baseLines(
  sealer: Sealer,
  {
    first,
    atMs,
    services,
  }: { readonly first: number; readonly atMs: number; readonly services: ReadonlyMap<string, JsonObject> },
): Generator<LineBody> {
  yield { kind: "segment", format, first, atMs }
  for (const [name, raw] of services)
    yield { kind: "service", name, sealed: sealPieces(sealer, basePurpose(first, name), raw) }
}

/** The services as the last line of this file leaves them. @throws GatewayError `conflict` */
export function servicesAfter(sealer: Sealer, first: number, lines: readonly PlacedLine[]): Services {
  const services: Services = new Map()
  lines.forEach(({ line }, at) => {
    if (line.kind !== "service") return
    const raw = openPieces(sealer, basePurpose(first, line.name), line.sealed)
    if (raw === undefined) throw damaged(first, `line ${at + 1}`, unopened)
    services.set(line.name, raw as JsonObject)
  })
  for (const revision of revisionsIn(lines)) {
    if (revision.changes.some(({ subject }) => subject === "service"))
      applyTo(services, toWhole(sealer, first, revision))
  }
  return services
}

/** What took effect of a revision. */
export function applyTo(
  services: Services,
  { changes, done }: Pick<Revision<WholeRecord>, "changes" | "done">,
): void {
  for (const at of done) {
    const { subject, name, after } = changes[at] ?? {}
    if (subject !== "service" || name === undefined) continue
    if (after) services.set(name, after)
    else services.delete(name)
  }
}

function basePurpose(first: number, name: string): string {
  return `history base ${first} ${name}`
}
