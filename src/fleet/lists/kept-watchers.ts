/** Who watches resources of which service, remembered apart from the live service, which may give way to another. */

import type { Watcher } from "./watches.ts"

export class KeptWatchers {
  readonly #watchers = new Map<string, Set<Watcher>>()

  of(service: string): Iterable<Watcher> {
    return this.#watchers.get(service) ?? []
  }

  /** Until its signal aborts. */
  keep(service: string, watcher: Watcher): void {
    const watchers = this.#watchers.get(service) ?? new Set<Watcher>()
    this.#watchers.set(service, watchers.add(watcher))
    const forget = (): void => {
      watchers.delete(watcher)
      if (watchers.size === 0 && this.#watchers.get(service) === watchers) this.#watchers.delete(service)
    }
    watcher.signal.addEventListener("abort", forget, { once: true })
  }
}
