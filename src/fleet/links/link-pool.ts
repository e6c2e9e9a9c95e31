/**
 * The connections of one service that not everyone shares: one per endpoint and key, closed with their session or after
 * a time without use, bounded in number for all and for each principal. Which calls share: link-key.ts. One of them:
 * link-slot.ts.
 */

import { GatewayError } from "../../errors.ts"
import type { Link } from "../../mcp/client/link.ts"
import type { RawObject } from "../../mcp/raw-json.ts"
import type { LinkKey } from "./link-key.ts"
import { LinkSlot } from "./link-slot.ts"

export type PoolOptions = {
  /** ms of a clock that does not jump. */
  readonly elapsed: () => number
  readonly random: () => number
  readonly maxLinks?: number
  readonly idleMs?: number
}

type MakeLink = (capabilities: RawObject) => Promise<Link>

const defaultMaxLinks = 64
/** What one principal may have of all places: every other set of capabilities is a connection of its own. */
const ownShare = 0.75
const defaultIdleMs = 600_000
const sweepMs = 30_000

export class LinkPool {
  readonly #options: PoolOptions
  readonly #slots = new Map<string, LinkSlot>()
  readonly #principals = new WeakMap<LinkSlot, string>()
  /** Ends what a slot waits for; a session may outlive many. */
  readonly #forget = new WeakMap<LinkSlot, () => void>()
  readonly #sweep: NodeJS.Timeout
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
    this.#sweep = setInterval(() => this.#closeIdle(), Math.min(sweepMs, this.#idleMs)).unref()
  }

  get size(): number {
    return this.#slots.size
  }

  /** @throws GatewayError `overloaded` where all places are taken and in use */
  slot(endpoint: string, key: LinkKey, make: MakeLink): LinkSlot {
    const id = `${endpoint}\n${key.id}`
    const known = this.#slots.get(id)
    if (known) return known
    if (this.#closed || key.closed?.aborted) throw ended()
    this.#makeRoom(key.principalId)
    const { elapsed, random } = this.#options
    const slot = new LinkSlot({ make: () => make(key.capabilities), comeback: "lazy", elapsed, random })
    this.#slots.set(id, slot)
    this.#principals.set(slot, key.principalId)
    const drop = (): void => this.#drop(id, slot)
    key.closed?.addEventListener("abort", drop, { once: true })
    this.#forget.set(slot, () => key.closed?.removeEventListener("abort", drop))
    return slot
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#sweep)
    await Promise.all([...this.#slots.values()].map((slot) => slot.close()))
    this.#slots.clear()
  }

  get #idleMs(): number {
    return this.#options.idleMs ?? defaultIdleMs
  }

  /** The principal that has the most gives up first, the connection that it has not used for longest. */
  #makeRoom(principalId: string): void {
    const { maxLinks = defaultMaxLinks } = this.#options
    const maxOwn = Math.ceil(maxLinks * ownShare)
    const counts = this.#counts()
    const isOverShare = (counts.get(principalId) ?? 0) >= maxOwn
    if (this.#slots.size < maxLinks && !isOverShare) return
    const countOf = (slot: LinkSlot): number => counts.get(this.#principals.get(slot) ?? "") ?? 0
    const [first] = [...this.#slots]
      .filter(([, slot]) => isIdle(slot) && (!isOverShare || this.#principals.get(slot) === principalId))
      .sort(([, a], [, b]) => countOf(b) - countOf(a) || a.usedAtMs - b.usedAtMs)
    if (!first) throw full(isOverShare ? maxOwn : maxLinks)
    this.#drop(...first)
  }

  #counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const slot of this.#slots.values()) {
      const principalId = this.#principals.get(slot) ?? ""
      counts.set(principalId, (counts.get(principalId) ?? 0) + 1)
    }
    return counts
  }

  #closeIdle(): void {
    const before = this.#options.elapsed() - this.#idleMs
    for (const [id, slot] of this.#slots) if (isIdle(slot) && slot.usedAtMs <= before) this.#drop(id, slot)
  }

  #drop(id: string, slot: LinkSlot): void {
    if (this.#slots.get(id) === slot) this.#slots.delete(id)
    this.#forget.get(slot)?.()
    void slot.close()
  }
}

function isIdle({ inUse, connecting }: LinkSlot): boolean {
  return inUse === 0 && !connecting
}

function ended(): GatewayError {
  return new GatewayError("service_unavailable", "The session or the service has ended.", {
    detail: { sent: false },
  })
}

function full(maxLinks: number): GatewayError {
  const text = `The service has ${maxLinks} separate connections in use, the limit for all or for you; try again later.`
  return new GatewayError("overloaded", text, { retryAfterMs: 1_000, detail: { sent: false } })
}
