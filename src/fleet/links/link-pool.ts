/**
 * The connections of one service that not everyone shares: one per endpoint and key, closed with their session or after
 * a time without use, bounded in number. Which calls share: link-key.ts. One of them: link-slot.ts.
 */

import { GatewayError } from "../../errors.ts"
import type { Link } from "../../mcp/client/link.ts"
import type { RawObject } from "../../mcp/raw-json.ts"
import type { LinkKey } from "./link-key.ts"
import { LinkSlot } from "./link-slot.ts"

export type PoolOptions = {
  readonly now: () => number
  readonly random: () => number
  readonly maxLinks?: number
  readonly idleMs?: number
}

type MakeLink = (capabilities: RawObject) => Promise<Link>

const defaultMaxLinks = 64
const defaultIdleMs = 600_000
const sweepMs = 30_000

export class LinkPool {
  readonly #options: PoolOptions
  readonly #slots = new Map<string, LinkSlot>()
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
    this.#makeRoom()
    const { now, random } = this.#options
    const slot = new LinkSlot({ make: () => make(key.capabilities), comeback: "lazy", now, random })
    this.#slots.set(id, slot)
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

  #makeRoom(): void {
    const { maxLinks = defaultMaxLinks } = this.#options
    if (this.#slots.size < maxLinks) return
    const idle = [...this.#slots]
      .filter(([, slot]) => isIdle(slot))
      .sort(([, a], [, b]) => a.usedAtMs - b.usedAtMs)
    if (!idle[0]) throw full(maxLinks)
    this.#drop(...idle[0])
  }

  #closeIdle(): void {
    const before = this.#options.now() - this.#idleMs
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
  const text = `The service has ${maxLinks} separate connections in use, the limit; try again later.`
  return new GatewayError("overloaded", text, { retryAfterMs: 1_000, detail: { sent: false } })
}
