/**
 * Looks names up with the system's own resolver, which takes a thread of the process for as long as it takes and cannot
 * be told to stop. So a name that nobody answers for must not take those that other names need: one look-up of a name is
 * under way at a time, names that were slow lately share a few threads, new ones leave some to those that were quick, and
 * nobody waits for long.
 *
 * How many threads there are: bin/mcp-meta.mjs; libuv gives half of them to look-ups.
 *
 * @see https://nodejs.org/docs/latest-v24.x/api/dns.html#implementation-considerations
 */

import type { LookupAddress } from "node:dns"
import { lookup } from "node:dns/promises"

export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>

type Options = {
  /** The system's where absent. */
  readonly resolve?: Resolve
  /** Look-ups under way, of those the ones of names that were not quick before, and of those the ones of slow names. */
  readonly maxUnderWay?: number
  readonly maxUnproven?: number
  readonly maxSlow?: number
  /** How long somebody waits for one; after which time its name is slow. */
  readonly waitMs?: number
  readonly slowMs?: number
}

type Lookup = PromiseWithResolvers<readonly LookupAddress[]> & { readonly name: string }

/** How it was the last time; undefined for a name that was never looked up. */
type Pace = "quick" | "slow" | undefined

/** Names whose pace is remembered, and that may wait for a thread. */
const maxNames = 1_024

export class NameLookups {
  readonly #options: Required<Options>
  /** Under way or waiting, by name. */
  readonly #open = new Map<string, Lookup>()
  readonly #waiting = new Set<Lookup>()
  readonly #paces = new Map<string, Pace>()
  /** Of each look-up that has a thread. */
  readonly #underWay: Pace[] = []

  constructor(options: Options = {}) {
    const resolve: Resolve = (hostname) => lookup(hostname, { all: true })
    this.#options = {
      resolve,
      maxUnderWay: 14,
      maxUnproven: 10,
      maxSlow: 6,
      waitMs: 5_000,
      slowMs: 1_000,
      ...options,
    }
  }

  /** @throws what the resolver says, or an error with the code `ETIMEOUT` */
  readonly resolve: Resolve = (name) => {
    const open = this.#open.get(name) ?? this.#begin(name)
    return inTime(open.promise, name, this.#options.waitMs)
  }

  #begin(name: string): Lookup {
    if (this.#open.size >= maxNames) throw tooLate(name)
    const begun = { ...Promise.withResolvers<readonly LookupAddress[]>(), name }
    begun.promise.catch(() => {}) // who asked has stopped waiting, maybe
    this.#open.set(name, begun)
    this.#waiting.add(begun)
    this.#startNext()
    return begun
  }

  #startNext(): void {
    for (const next of this.#waiting) {
      if (this.#underWay.length >= this.#options.maxUnderWay) return
      const pace = this.#paces.get(next.name)
      if (!this.#hasRoomFor(pace)) continue
      this.#waiting.delete(next)
      void this.#run(next, pace)
    }
  }

  #hasRoomFor(pace: Pace): boolean {
    if (pace === "quick") return true
    const { maxUnproven, maxSlow } = this.#options
    const unproven = this.#underWay.filter((one) => one !== "quick")
    if (unproven.length >= maxUnproven) return false
    return pace !== "slow" || unproven.filter((one) => one === "slow").length < maxSlow
  }

  async #run(next: Lookup, pace: Pace): Promise<void> {
    this.#underWay.push(pace)
    const beganMs = performance.now()
    await this.#options.resolve(next.name).then(next.resolve, next.reject)
    this.#note(next.name, performance.now() - beganMs)
    this.#underWay.splice(this.#underWay.indexOf(pace), 1)
    this.#open.delete(next.name)
    this.#startNext()
  }

  #note(name: string, tookMs: number): void {
    this.#paces.delete(name)
    this.#paces.set(name, tookMs < this.#options.slowMs ? "quick" : "slow")
    const [first] = this.#paces.keys()
    if (this.#paces.size > maxNames && first !== undefined) this.#paces.delete(first)
  }
}

function inTime<T>(promise: Promise<T>, name: string, waitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tooLate(name)), waitMs)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function tooLate(name: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`The look-up of ${name} takes too long`), { code: "ETIMEOUT" })
}
