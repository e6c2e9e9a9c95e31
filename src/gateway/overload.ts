/**
 * Wires what measures the load to what refuses by it. With workers each process measures itself and refuses by its own
 * load or the owner's, whichever is worse; the owner tells of all.
 */

import type { Config } from "../config.ts"
import { nothingShed, type Load, type Overload, type Shed } from "../domain/overload.ts"
import type { Caller } from "../domain/principal.ts"
import type { Authenticator } from "../identity/authenticator.ts"
import type { Log } from "../log.ts"
import { Shedding } from "../surfaces/http/shedding.ts"
import type { Closers } from "./closers.ts"
import { watchPressure } from "./pressure.ts"

export type OverloadOptions = {
  readonly config: Config
  readonly log: Log
  readonly authenticator: Pick<Authenticator, "authenticate">
  /** Told when what is reported of all processes is another level than before. */
  readonly onReport?: (load: Load) => void
}

/** What one process says of itself. */
export type ProcessLoad = Load & { readonly shed: Shed }

const calm: Load = { level: 0, reason: undefined }

export class ProcessOverload implements Overload {
  readonly shedding: Shedding
  readonly #log: Log
  readonly #listeners = new Set<(load: Load) => void>()
  readonly #workers = new Map<string, ProcessLoad>()
  #own = calm
  #owner = calm
  #shedByEnded = nothingShed
  #reported: Load["level"] = 0
  readonly #onReport: OverloadOptions["onReport"]

  constructor({ config, log, authenticator, onReport }: OverloadOptions, closers: Closers) {
    this.#log = log
    this.#onReport = onReport
    this.shedding = new Shedding({ governs: (caller) => governs(authenticator, caller), random: Math.random })
    watchPressure(config, (load) => this.#look(load), closers)
  }

  /** Of this process. */
  get own(): ProcessLoad {
    return { ...this.#own, shed: { ...this.shedding.shed } }
  }

  /** Tells the load of this process whenever its level is another. @returns ends it */
  onLevel(listener: (load: Load) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** @param load undefined once the worker has ended */
  heedWorker(name: string, load: ProcessLoad | undefined): void {
    if (load) {
      this.#workers.set(name, load)
    } else {
      this.#shedByEnded = sum(this.#shedByEnded, this.#workers.get(name)?.shed ?? nothingShed)
      this.#workers.delete(name)
    }
    this.#tellReport()
  }

  heedOwner(load: Load): void {
    this.#owner = load
    this.shedding.heed(worse(this.#own, load))
  }

  /** Of all processes. */
  report(): ProcessLoad {
    const workers = [...this.#workers.values()]
    const { level, reason } = workers.reduce<Load>(worse, this.#own)
    const shed = workers.map((worker) => worker.shed).reduce(sum, sum(this.#shedByEnded, this.shedding.shed))
    return { level, reason, shed }
  }

  #look(load: Load): void {
    const { level } = this.#own
    this.#own = load
    this.shedding.heed(worse(load, this.#owner))
    if (load.level === level) return
    if (load.level > level) this.#log.warn({ ...load }, "The gateway is overloaded and refuses what is new to it.")
    else this.#log.info({ ...load }, "The gateway has less to do again.")
    for (const listener of this.#listeners) listener(load)
    this.#tellReport()
  }

  #tellReport(): void {
    const load = this.report()
    if (load.level === this.#reported) return
    this.#reported = load.level
    this.#onReport?.(load)
  }
}

function governs(authenticator: OverloadOptions["authenticator"], caller: Caller): boolean {
  try {
    return authenticator.authenticate(caller).may.holds("govern")
  } catch {
    return false // its credential has ended meanwhile, which is found again where it counts
  }
}

function worse(one: Load, other: Load): Load {
  return other.level > one.level ? other : one
}

function sum(one: Shed, other: Shed): Shed {
  return {
    sessions: one.sessions + other.sessions,
    streams: one.streams + other.streams,
    calls: one.calls + other.calls,
    connections: one.connections + other.connections,
    slowReaders: one.slowReaders + other.slowReaders,
  }
}
