/**
 * Says when a folder should be read again: soon after something changed in it, and now and then in any case, because
 * what the system tells of changes is only a hint (network disks, links, a used-up supply of watches).
 */

import { watch, type FSWatcher } from "node:fs"
import { stat } from "node:fs/promises"

/** A burst of changes is read once, when it has been still for `settleMs`, but no later than `maxSettleMs`. */
const settleMs = 200
const maxSettleMs = 600
const rescanMs = 30_000
/** While the folder cannot be watched. */
const pollMs = 1_000

export class FolderWatch {
  readonly #folder: string
  readonly #onDue: () => void
  #watcher: FSWatcher | undefined
  #watched: string | undefined
  #settling: NodeJS.Timeout | undefined
  #settleByMs = 0
  #next: NodeJS.Timeout | undefined
  #closed = false

  constructor(folder: string, onDue: () => void) {
    this.#folder = folder
    this.#onDue = onDue
  }

  /** Starts to watch, or goes on after a reading. A folder put in place of the watched one is watched instead. */
  async arm(): Promise<void> {
    const identity = await identify(this.#folder)
    if (this.#closed) return
    if (identity === undefined || identity !== this.#watched) this.#unwatch()
    if (identity !== undefined && this.#watched === undefined) this.#watch(identity)
    clearTimeout(this.#next)
    this.#next = setTimeout(this.#onDue, this.#watched === undefined ? pollMs : rescanMs)
  }

  close(): void {
    this.#closed = true
    this.#unwatch()
    clearTimeout(this.#settling)
    clearTimeout(this.#next)
  }

  #watch(identity: string): void {
    try {
      this.#watcher = watch(this.#folder, () => this.#hint())
      this.#watcher.on("error", () => this.#unwatch())
      this.#watched = identity
    } catch {
      this.#unwatch()
    }
  }

  #unwatch(): void {
    this.#watcher?.close()
    this.#watcher = undefined
    this.#watched = undefined
  }

  #hint(): void {
    if (this.#closed) return
    const nowMs = performance.now()
    if (this.#settling === undefined) this.#settleByMs = nowMs + maxSettleMs
    clearTimeout(this.#settling)
    this.#settling = setTimeout(
      () => {
        this.#settling = undefined
        this.#onDue()
      },
      Math.min(settleMs, Math.max(0, this.#settleByMs - nowMs)),
    )
  }
}

async function identify(folder: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(folder, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return undefined
  }
}
