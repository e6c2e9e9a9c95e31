/**
 * The sessions that are in memory, and whose place a new one takes. A principal has so many at most, and one more takes
 * the place of its own that was idle longest; where all places are taken, one of the principal with the most goes. So
 * nobody loses a session because somebody else opens many.
 */

import { GatewayError } from "../../errors.ts"

export type LiveLimits = {
  readonly maxSessions: number
  readonly maxSessionsPerPrincipal: number
}

type Live = {
  readonly principal: string
  /** The id that it is kept under, as one string: each request brings a copy. Of this class alone. */
  keptAs?: string | undefined
  /** Whether nobody would miss it. */
  readonly idle: boolean
  close(): void
}

export class LiveSessions<Session extends Live> {
  readonly #limits: LiveLimits
  readonly #all = new Map<string, Session>()
  /** Of each principal; those used last come last. */
  readonly #own = new Map<string, Set<Session>>()

  constructor(limits: LiveLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#all.size
  }

  [Symbol.iterator](): IterableIterator<[string, Session]> {
    return this.#all[Symbol.iterator]()
  }

  get(id: string): Session | undefined {
    return this.#all.get(id)
  }

  /** As used last. */
  keep(id: string, session: Session): void {
    const own = this.#own.get(session.principal) ?? new Set<Session>()
    this.#own.set(session.principal, own)
    own.delete(session)
    own.add(session)
    session.keptAs ??= id
    this.#all.set(session.keptAs, session)
  }

  drop(id: string, session: Session): void {
    this.#all.delete(id)
    const own = this.#own.get(session.principal)
    own?.delete(session)
    if (own?.size === 0) this.#own.delete(session.principal)
    session.close()
  }

  /** @throws GatewayError `overloaded` where nothing is idle that could go */
  makeRoom(principal: string): void {
    const { maxSessions, maxSessionsPerPrincipal } = this.#limits
    const own = this.#own.get(principal)
    if (own && own.size >= maxSessionsPerPrincipal) {
      if (!this.#dropIdle(own)) throw noRoom(maxSessionsPerPrincipal, "limits.sessionsPerPrincipal")
    } else if (this.#all.size >= maxSessions) {
      if (!this.#dropIdle(this.#largest()) && !(own && this.#dropIdle(own)))
        throw noRoom(maxSessions, "limits.sessions")
    }
  }

  #largest(): ReadonlySet<Session> {
    let largest: ReadonlySet<Session> = new Set()
    for (const own of this.#own.values()) if (own.size > largest.size) largest = own
    return largest
  }

  #dropIdle(own: ReadonlySet<Session>): boolean {
    for (const session of own) {
      if (!session.idle) continue
      this.drop(session.keptAs ?? "", session)
      return true
    }
    return false
  }
}

function noRoom(max: number, limit: string): GatewayError {
  const text = `${max} sessions are in use already, as many as ${limit} lets there be; end one, or try again later.`
  return new GatewayError("overloaded", text, { detail: { limit }, retryAfterMs: 1_000 })
}
