/**
 * The embedded state: one JSON file that a person can read, held in memory and by one process. What it holds:
 * state.ts; how it comes to disk: state-adapter.ts; who may have it open: lock-file.ts. The stores above: collection.ts.
 */

import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { Low } from "lowdb"
import { removeTemporary } from "../../durable-file.ts"
import type { Change } from "../../domain/collection.ts"
import { GatewayError } from "../../errors.ts"
import { takeLock, type LockFile } from "./lock-file.ts"
import { createStateAdapter, UnsyncedState, type FolderLife } from "./state-adapter.ts"
import { emptyState, type Kind, type Kinds, type State } from "./state.ts"

/** The list as it shall be, frozen, and what of it is new. */
type Edit<T> = { readonly items: readonly T[]; readonly change: Change<T> }

type Listener<T> = (change: Change<T>) => void

/**
 * @throws GatewayError `conflict` where another process has the folder, `invalid` where its state cannot be read
 */
export async function openStateFile(folder: string, life: FolderLife = "new"): Promise<StateFile> {
  await makeFolder(folder)
  const lock = await takeLock(join(folder, "state.lock"))
  try {
    const path = join(folder, "state.json")
    await removeTemporary(folder)
    const low = new Low<State>(createStateAdapter(path, life), emptyState)
    await low.read()
    return new StateFile(low, lock)
  } catch (thrown) {
    await lock.release()
    throw thrown
  }
}

export class StateFile {
  readonly #low: Low<State>
  readonly #lock: LockFile
  readonly #listeners: { readonly [K in Kind]: Set<Listener<Kinds[K]>> } = {
    principals: new Set(),
    keys: new Set(),
    quotas: new Set(),
    plans: new Set(),
    policies: new Set(),
  }
  /** Settles when the last edit asked for has; never rejects. */
  #last: Promise<unknown> = Promise.resolve()
  #refusal: GatewayError | undefined

  constructor(low: Low<State>, lock: LockFile) {
    this.#low = low
    this.#lock = lock
  }

  items<K extends Kind>(kind: K): readonly Kinds[K][] {
    return this.#low.data[kind]
  }

  /** Edits run one at a time, each on what the one before has left; one that throws changes nothing. */
  update<K extends Kind>(kind: K, edit: (items: readonly Kinds[K][]) => Edit<Kinds[K]>): Promise<void> {
    const done = this.#last.then(() => this.#apply(kind, edit))
    this.#last = done.catch(() => undefined)
    return done
  }

  watch<K extends Kind>(kind: K, listener: Listener<Kinds[K]>): () => void {
    this.#listeners[kind].add(listener)
    return () => void this.#listeners[kind].delete(listener)
  }

  async close(): Promise<void> {
    this.#last = this.#last.then(() => (this.#refusal ??= new GatewayError("internal", "The state is closed.")))
    await this.#last
    await this.#lock.release()
  }

  async #apply<K extends Kind>(kind: K, edit: (items: readonly Kinds[K][]) => Edit<Kinds[K]>): Promise<void> {
    if (this.#refusal) throw this.#refusal
    const { items, change } = edit(this.items(kind))
    const next: State = { ...this.#low.data, [kind]: items }
    await this.#lock.assertHeld()
    await this.#write(next)
    this.#low.data = next
    for (const listener of this.#listeners[kind]) listener(change)
  }

  async #write(next: State): Promise<void> {
    try {
      await this.#low.adapter.write(next)
    } catch (thrown) {
      // The file may be ahead of memory now: nothing more is built on either until a restart has read it.
      if (thrown instanceof UnsyncedState) this.#refusal = thrown
      throw thrown
    }
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new GatewayError("invalid", "The data folder cannot be made; check its path and the rights above it.", {
      cause,
    })
  }
}
