/**
 * All open subscriptions behind one ear: one subscription to the gateway's events, one timer for changes that come
 * together, one look at whether the gateway stops. So each of ten thousand costs a small object. What one of them
 * tells: subscription.ts.
 */

import type { Events, GatewayEvent } from "../domain/event.ts"

export interface Listener {
  /** The lists may have changed. Must not throw. */
  changed(): void
  /** The gateway stops. */
  finish(): void
}

/** Changes that come together are told once. */
const quietMs = 50
/** So many are told in one turn of the event loop, about 5 ms. */
const sliceSize = 256
const changesLists: ReadonlySet<string> = new Set(["catalog", "identity", "policies"])

export class Listeners {
  readonly #events: Events
  /** Aborts when the gateway stops. */
  readonly #stopping: AbortSignal
  readonly #open = new Set<Listener>()
  #unsubscribe: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(events: Events, stopping: AbortSignal) {
    this.#events = events
    this.#stopping = stopping
  }

  add(listener: Listener): void {
    if (this.#stopping.aborted) return listener.finish()
    this.#open.add(listener)
    if (this.#unsubscribe) return
    this.#unsubscribe = this.#events.subscribe((event) => this.#heed(event))
    this.#stopping.addEventListener("abort", this.#finishAll, { once: true })
  }

  remove(listener: Listener): void {
    this.#open.delete(listener)
    if (this.#open.size > 0) return
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    this.#stopping.removeEventListener("abort", this.#finishAll)
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #heed({ type }: GatewayEvent): void {
    if (changesLists.has(type)) this.#timer ??= setTimeout(() => void this.#tellAll(), quietMs)
  }

  async #tellAll(): Promise<void> {
    this.#timer = undefined
    let told = 0
    for (const listener of this.#open) {
      listener.changed()
      if (++told % sliceSize === 0) await new Promise(setImmediate)
    }
  }

  readonly #finishAll = (): void => {
    for (const listener of this.#open) listener.finish()
  }
}
