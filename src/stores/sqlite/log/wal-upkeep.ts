/**
 * Keeps the WAL small: SQLite would copy it back in the middle of a commit, here another thread does it while this one
 * goes on (wal-copier.ts). The few pages that are left then are copied by this one between two groups, so that the WAL
 * begins anew with the next. How much is in it is a guess, since SQLite says so only when it has copied it: then the next
 * guess is a better one.
 */

import { troubleOf } from "./database-trouble.ts"
import { copyWalBack, emptyWal, walIsLarge } from "./log-database.ts"
import type { OpenLog } from "./open-log.ts"
import { WalCopier } from "./wal-copier.ts"

/** The last page of the entries, of their key and of what was used. */
const commitBytes = 12 * 1024
/** Beside its body: its share of the indexes, and of the pages that are written again for the next. */
const entryBytes = 2 * 1024
const pageBytes = 4 * 1024
/** By how much a guess may be mended; more would be what a reader kept there. */
const mostMending = 4
/** A page that many commits write is copied once: so the more is in the WAL, the less is copied. */
const mostBytes = 32 * 1024 * 1024
/** Where copying does not keep up, this thread waits for it. */
const mostWhileCopying = 4 * mostBytes

type WalUpkeepOptions = {
  readonly folder: string
  /** `finish` is to be called. */
  readonly copied: () => void
}

export class WalUpkeep {
  readonly #copier: WalCopier
  /** What is in it is this much of the guess. */
  #ratio = 1
  #bytes = 0
  #seq = 0
  #bodyBytes = 0
  #asked: "to begin anew" | "to rest" | undefined
  /** The last entry when it was asked. */
  #askedAtSeq = 0

  constructor({ folder, copied }: WalUpkeepOptions) {
    this.#copier = new WalCopier({ folder, done: copied })
  }

  /** To be called when nobody waits for the log. */
  committed(log: OpenLog): void {
    this.#add(log)
    const bytes = this.#bytes * this.#ratio
    if (bytes < mostBytes) return
    if (this.#asked === undefined) return this.#ask(log, "to begin anew")
    this.#asked = "to begin anew"
    if (bytes < mostWhileCopying) return
    this.#copier.waitForEnd()
    this.finish(log)
  }

  /** At a time of rest: what a reader still needs stays for the next. */
  shrink(log: OpenLog): void {
    if (this.#asked === undefined && walIsLarge(log.place.folder)) this.#ask(log, "to rest")
  }

  /** Nothing where copying goes on. @throws what copying failed with, or what fails here */
  finish(log: OpenLog): void {
    const asked = this.#asked
    if (asked === undefined || this.#copier.isCopying) return
    this.#asked = undefined
    const failure = this.#copier.takeFailure()
    if (failure && troubleOf(failure).syncFailed) throw failure
    if (asked === "to begin anew") this.#beginAnew(log)
    else if (log.tail?.seq === this.#askedAtSeq) emptyWal(log.db)
  }

  /** Waits for its end, too. @returns whether a sync failed */
  stop(): boolean {
    this.#copier.waitForEnd()
    this.#asked = undefined
    this.#bytes = 0
    return troubleOf(this.#copier.takeFailure()).syncFailed
  }

  /** Where copying failed for another reason than a sync, that is met here again. */
  #beginAnew(log: OpenLog): void {
    const ratio = (copyWalBack(log.db) * pageBytes) / this.#bytes
    this.#ratio = Math.min(Math.max(ratio, 1 / mostMending), mostMending)
    this.#bytes = 0
  }

  #ask(log: OpenLog, why: "to begin anew" | "to rest"): void {
    this.#asked = why
    this.#askedAtSeq = log.tail?.seq ?? 0
    this.#copier.start(log.inodes)
  }

  #add({ tail, bodyBytes }: OpenLog): void {
    const seq = tail?.seq ?? 0
    const entries = Math.max(0, seq - this.#seq)
    this.#bytes += commitBytes + entries * entryBytes + Math.max(0, bodyBytes - this.#bodyBytes)
    this.#seq = seq
    this.#bodyBytes = bodyBytes
  }
}
