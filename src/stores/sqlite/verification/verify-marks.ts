/** What the rows of checkpoints and entries say beside the signed text, followed through the whole log. */

import { DamageFound } from "../../../domain/audit/verification/damage-found.ts"
import { Frontier } from "../../../domain/audit/merkle.ts"
import type { Checkpoint } from "../../../domain/audit/checkpoint.ts"
import { GatewayError } from "../../../errors.ts"
import { checkpointIn } from "../log/log-tail.ts"
import type { Said } from "./verify-columns.ts"
import type { CheckpointRow, EntryRow, StreamRow } from "../reading/reader-rows.ts"

export class VerifyMarks {
  /** The ids of the starts that have no end yet, by call. */
  readonly #open = new Map<string, number>()
  #firstId: number | undefined
  /** Ids up to where the stream begins: each entry, dropped or not, has had the next one. */
  #before: number | undefined
  #last: number | undefined

  /** @param extent of a `range`, the first id is taken as it is */
  constructor(extent: "whole" | "range") {
    this.#last = extent === "whole" ? 0 : undefined
  }

  begin(dropped: number): void {
    this.#before = this.#last
    if (this.#before !== undefined) this.#last = this.#before + dropped
  }

  /** Where its first entries agree on other ids, the stream has been moved as a whole, which is not for an id to tell. */
  settle(first: EntryRow | undefined, second: EntryRow | undefined): void {
    if (first && second && first.id - first.seq === second.id - second.seq) this.#before = first.id - first.seq
  }

  /** @returns the id that the entry should have */
  follow({ id, seq }: EntryRow, said: Said = {}): number {
    this.#firstId ??= id
    this.#before ??= id - seq
    this.#last = this.#before + seq
    const { callId, kind } = said
    if (typeof callId === "string" && kind === "start") this.#open.set(callId, id)
    if (typeof callId === "string" && kind === "end") this.#open.delete(callId)
    return this.#last
  }

  /** To be called for a checkpoint that is what was signed. @throws DamageFound */
  check({ name }: StreamRow, row: CheckpointRow): void {
    const checkpoint = read(row.note)
    const wrong = checkpoint && this.#wrong(row, checkpoint)
    if (wrong === undefined) return
    const message = `The checkpoint of ${row.size} entries is kept with another ${wrong} than its own.`
    throw new DamageFound("altered_checkpoint", { stream: name, seq: row.size }, message)
  }

  #wrong(row: CheckpointRow, { timeMs, root }: Checkpoint): string | undefined {
    if (row.time !== timeMs) return "time"
    if (!fits(row, root)) return "frontier"
    return this.#listsOpen(row.open) ? undefined : "list of open calls"
  }

  /** Of those that began before what is read, nothing is known. */
  #listsOpen(text: string): boolean {
    const first = this.#firstId ?? Number.MAX_SAFE_INTEGER
    const listed = readIds(text)?.filter((id) => id >= first)
    const open = new Set([...this.#open.values()].filter((id) => id >= first))
    return listed !== undefined && listed.length === open.size && listed.every((id) => open.has(id))
  }
}

function read(note: string): Checkpoint | undefined {
  try {
    return checkpointIn(note)
  } catch (thrown) {
    if (thrown instanceof GatewayError) return undefined
    throw thrown
  }
}

function fits({ size, frontier }: CheckpointRow, root: Buffer): boolean {
  try {
    return Frontier.read(size, Buffer.from(frontier)).root().equals(root)
  } catch (thrown) {
    if (thrown instanceof GatewayError) return false
    throw thrown
  }
}

function readIds(text: string): readonly number[] | undefined {
  try {
    const ids = JSON.parse(text) as unknown
    return Array.isArray(ids) && ids.every((id) => typeof id === "number") ? ids : undefined
  } catch {
    return undefined
  }
}
