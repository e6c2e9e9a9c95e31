/** A history in a folder of its own that goes when the test ends. */

import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { JsonObject, RevisionDraft, WholeRecord } from "../../../src/domain/changes/history.ts"
import { createSealer } from "../../../src/identity/sealer.ts"
import type { JsonlHistory } from "../../../src/stores/history/jsonl-history.ts"
import { openHistory, type HistoryOptions } from "../../../src/stores/history/open-history.ts"
import { makeFolder } from "../../support/folder.ts"

export const sealer = createSealer(Buffer.alloc(32, 7))
export const keepAll = { revisions: 1_000_000, maxAgeMs: 0, maxBytes: 1e12 }

export const historyFolder = (): string => join(makeFolder(), "history")

export type Kit = { readonly history: JsonlHistory; readonly torn: readonly number[] }

export async function open(folder: string, given: Partial<HistoryOptions> = {}): Promise<Kit> {
  const torn: number[] = []
  const history = await openHistory({
    folder,
    sealer,
    keep: keepAll,
    services: () => new Map(),
    now: () => 1_000,
    steady: () => 1_000,
    onTorn: (bytes) => torn.push(bytes),
    ...given,
  })
  return { history, torn }
}

export function toService(name: string, after?: JsonObject, before?: JsonObject): WholeRecord {
  const effect = before === undefined ? "create" : after === undefined ? "remove" : "update"
  return {
    subject: "service",
    id: name,
    name,
    effect,
    diff: [`+ ${name}`],
    ...(before && { before }),
    ...(after && { after }),
  }
}

export function draftOf(...changes: readonly WholeRecord[]): RevisionDraft {
  return { atMs: 5, who: { kind: "principal", id: "1", name: "ann" }, operation: "register_service", changes }
}

export function filesIn(folder: string): readonly string[] {
  return readdirSync(folder).toSorted()
}

export function textIn(folder: string): string {
  return filesIn(folder).map((name) => readFileSync(join(folder, name), "utf8")).join("") // oxfmt-ignore
}
