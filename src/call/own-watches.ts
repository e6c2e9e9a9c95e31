/**
 * The gateway's own resources, watched: whoever watches one is told when what it would read is something else than
 * before, and so never of what is hidden from it. Events say when to look; a look is what reading would give, in
 * short. All looks of the gateway are one queue, so that no number of watchers takes more than a share of its time.
 */

import { setImmediate as turn } from "node:timers/promises"
import type { Events, GatewayEvent } from "../domain/event.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import type { ManagementResource } from "../domain/tool.ts"

export type OwnWatch = {
  readonly resource: ManagementResource
  /** Who watches now; undefined where it may not, at this moment or ever again. */
  readonly may: () => ActivePrincipal | undefined
  readonly tell: () => void
}

/** What a principal would read, in so few characters that they can be kept. Equal for what reads equally. */
export type LookAt = (resource: ManagementResource, principal: ActivePrincipal) => Promise<string>

type Kept = OwnWatch & { seen: string }

/** What happens together is looked at once, and told once. */
const quietMs = 100

export class OwnWatches {
  readonly #events: Events
  readonly #lookAt: LookAt
  readonly #watches = new Set<Kept>()
  readonly #due = new Set<Kept>()
  #unsubscribe: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(events: Events, lookAt: LookAt) {
    this.#events = events
    this.#lookAt = lookAt
  }

  /**
   * Resolves when it is watched, until the signal aborts.
   *
   * @throws what looking at it throws
   */
  async add(watch: OwnWatch, over: AbortSignal): Promise<void> {
    if (over.aborted) return
    const kept: Kept = { ...watch, seen: "" }
    this.#watches.add(kept)
    this.#unsubscribe ??= this.#events.subscribe((event) => this.#heed(event))
    over.addEventListener("abort", () => this.#remove(kept), { once: true })
    const principal = watch.may()
    try {
      if (principal) kept.seen = await this.#lookAt(watch.resource, principal)
    } catch (thrown) {
      this.#remove(kept)
      throw thrown
    }
  }

  #remove(kept: Kept): void {
    this.#watches.delete(kept)
    this.#due.delete(kept)
    if (this.#watches.size > 0) return
    this.#unsubscribe?.()
    this.#unsubscribe = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #heed(event: GatewayEvent): void {
    for (const watch of this.#watches) if (isAbout(watch.resource, event)) this.#due.add(watch)
    if (this.#due.size > 0) this.#timer ??= setTimeout(() => void this.#lookAll(), quietMs)
  }

  /** The next begins after this one, however long it takes. */
  async #lookAll(): Promise<void> {
    const due = [...this.#due]
    this.#due.clear()
    const looks = new Map<string, Promise<string>>()
    for (const watch of due) {
      await this.#look(watch, looks)
      await turn()
    }
    this.#timer = this.#due.size > 0 ? setTimeout(() => void this.#lookAll(), quietMs) : undefined
  }

  /** @param looks of this round: who watches the same from many sessions is looked for once */
  async #look(watch: Kept, looks: Map<string, Promise<string>>): Promise<void> {
    const principal = watch.may()
    if (!principal || !this.#watches.has(watch)) return
    const { uri } = watch.resource
    const whose = `${principal.principal.id} ${principal.keyId ?? ""} ${uri}`
    const look = looks.get(whose) ?? this.#lookAt(watch.resource, principal).catch(inVain)
    looks.set(whose, look)
    const seen = await look
    if (seen === watch.seen || !this.#watches.has(watch)) return
    watch.seen = seen
    watch.tell()
  }
}

/** What can be read no longer reads differently too. */
function inVain(thrown: unknown): string {
  return `in vain: ${thrown instanceof Error ? thrown.message : ""}`
}

function isAbout({ events, service }: ManagementResource, event: GatewayEvent): boolean {
  if (!events.has(event.type)) return false
  return service === undefined || !("service" in event) || event.service === service
}
