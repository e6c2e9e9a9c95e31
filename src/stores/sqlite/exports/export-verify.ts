/** Verifies an export by itself, wherever it was brought: an edited, cut or reordered one is found. */

import { trustedFrom, readKeyHistory } from "../../../domain/audit/key-history.ts"
import { readLine, type ReadLine } from "../../../domain/audit/formats/export-lines.ts"
import type { Damage, Verdict } from "../../../domain/audit/verdict.ts"
import { LogVerifier, type VerifyItem } from "../../../domain/audit/verification/verify.ts"
import { GatewayError } from "../../../errors.ts"
import { keyGiven, notesGiven, type GivenProof } from "../verification/verify-given.ts"

/** Of an export that holds all of the log, its first line could be changed, and then its ends be cut off. */
const partRemark =
  "The file claims to be only a part of the log, which nobody has signed: where the whole log was to be exported, its beginning and its end may have been cut off. Export and verify it whole."

/** @throws GatewayError `invalid` where the first line is not that of an export, or what was given is no key */
export async function verifyExport(lines: AsyncIterable<string>, given: GivenProof = {}): Promise<Verdict> {
  const reading = lines[Symbol.asyncIterator]()
  const first = await reading.next()
  const begin = first.done === true ? undefined : readLine(first.value)
  if (begin?.type !== "key") throw notAnExport()
  const keys = trustedFrom(readKeyHistory(begin.history), keyGiven(given))
  const { notes: brought, remarks } = notesGiven(given)
  const verifier = begin.partial
    ? new LogVerifier({ keys, brought, extent: "range", remarks: [...remarks, partRemark] })
    : new LogVerifier({ keys, brought, extent: "whole", remarks })
  const feeder = new Feeder(verifier)
  for (let next = await reading.next(); next.done !== true && !feeder.isOver; next = await reading.next()) {
    if (next.value !== "") feeder.feed(next.value)
  }
  return feeder.finish()
}

/** Counts what is fed, and finds what is wrong with the lines themselves. */
class Feeder {
  readonly #verifier: LogVerifier
  readonly #counts = { entries: 0, streams: 0, checkpoints: 0 }
  #stream = ""
  #seq = 0
  #ended = false
  #damage: Damage | undefined

  constructor(verifier: LogVerifier) {
    this.#verifier = verifier
  }

  get isOver(): boolean {
    return this.#damage !== undefined || this.#verifier.damage !== undefined
  }

  feed(text: string): void {
    const line = readLine(text)
    if (this.#ended) return this.#find("forged", "There are lines after the end of the export.")
    if (line === undefined || line.type === "key") return this.#find("unreadable", "A line is none of an export.")
    if (line.type === "end") return this.#end(line)
    const item = this.#toItem(line)
    if (item !== undefined) this.#verifier.feed(item)
  }

  finish(): Verdict {
    if (!this.#ended && !this.isOver)
      this.#find("truncated", "The export ends before its last line; it was cut off.")
    const verdict = this.#verifier.finish()
    if (this.#damage === undefined || verdict.damage !== undefined) return verdict
    const cannotExclude = ["What comes after the damage has not been looked at."]
    return { ...verdict, ok: false, damage: this.#damage, cannotExclude }
  }

  #end(line: Extract<ReadLine, { readonly type: "end" }>): void {
    this.#ended = true
    const counts = this.#counts
    const isWhole =
      line.entries === counts.entries && line.streams === counts.streams && line.checkpoints === counts.checkpoints
    if (!isWhole) this.#find("missing", "There is another number of lines than the export's end says.")
  }

  #toItem(line: Exclude<ReadLine, { readonly type: "key" | "end" }>): VerifyItem | undefined {
    if (line.type === "entry") return this.#toEntry(line)
    if (line.type === "checkpoint") {
      this.#counts.checkpoints += 1
      return { type: "checkpoint", stream: line.stream, size: line.size, note: line.note }
    }
    const { name, base } = line
    this.#counts.streams += 1
    ;[this.#stream, this.#seq] = [name, base.size]
    const frontier = Buffer.from(base.frontier, "base64")
    return { type: "stream", name, base: { size: base.size, head: base.head, frontier } }
  }

  /** What it says of its place is not yet known to be true. */
  #toEntry({ hash, body, stream, seq }: Extract<ReadLine, { readonly type: "entry" }>): VerifyItem | undefined {
    this.#counts.entries += 1
    if (typeof stream !== "string" || typeof seq !== "number" || !Number.isSafeInteger(seq)) {
      this.#find("unreadable", "An entry does not say where it belongs.")
      return undefined
    }
    this.#seq = seq
    return { type: "entry", stream, seq, body, hash: Buffer.from(hash, "base64url") }
  }

  #find(kind: Damage["kind"], message: string): void {
    this.#damage ??= { stream: this.#stream, seq: this.#seq + 1, kind, message }
  }
}

function notAnExport(): GatewayError {
  return new GatewayError(
    "invalid",
    "This is no export of an audit log in the format jsonl: its first line is another.",
  )
}
