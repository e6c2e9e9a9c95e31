/**
 * What one service offers, kept up to date: fetched when it connects and when it says that something changed, at most
 * once a second, and read from disk as long as it could not be asked. Of that, its pins (pinned.ts) let through what was
 * approved.
 */

import { GatewayError } from "../../errors.ts"
import type { OperationNames } from "../../domain/admission/known-names.ts"
import type { ItemKind, Offer, Offered } from "../../domain/catalog.ts"
import type { PinChange, PinEvent, PinStore, PinsShown } from "../../domain/pins/pin.ts"
import type { ServiceDefinition } from "../../domain/services/service.ts"
import type { Link } from "../../mcp/client/link.ts"
import { noMembers, type RawJson } from "../../mcp/raw-json.ts"
import { clientOf } from "../../mcp/client/service-facts.ts"
import { isGrave } from "../admission/is-grave.ts"
import { toDefinitions } from "../admission/to-definitions.ts"
import { abortable } from "../links/abortable.ts"
import type { ListCache, Lists } from "./list-cache.ts"
import { fetchLists, type Fault, type ListLimits } from "./lists.ts"
import { compileOffer } from "./offer.ts"
import { heldNames, saysHeld } from "./held-back.ts"
import { Pinned } from "./pinned.ts"
import { compileToolRules } from "./tool-rules.ts"

export type ListingOptions = {
  readonly definition: ServiceDefinition
  readonly cache: ListCache
  readonly pins: PinStore
  readonly operations: OperationNames
  /** Digest of what decides which lists a service has. */
  readonly cacheKey: string
  readonly clientInfo: RawJson
  readonly limits: ListLimits & { readonly listMs: number }
  /** Epoch ms. */
  readonly now: () => number
  /** ms of a clock that does not jump. */
  readonly elapsed: () => number
  /** The connection to ask over, where one stands. */
  readonly link: () => Link | undefined
  readonly onOffer: () => void
  /** Everything that is wrong now; what was wrong before and is not named again is right by now. */
  readonly onFaults: (faults: readonly Fault[]) => void
  /** What is held back now, if anything is. */
  readonly onHeld: (faults: readonly Fault[]) => void
  readonly onPinEvent: (event: PinEvent) => void
}

/** How lists are taken up: when they were heard, and what went wrong with them. */
type Taking = {
  readonly age: "fresh" | "stale"
  readonly faults: readonly Fault[]
  readonly unheard: ReadonlySet<ItemKind>
}

const nothingWrong: Omit<Taking, "age"> = { faults: [], unheard: new Set() }

const debounceMs = 200
const leastBetweenMs = 1_000
const mostBetweenMs = 60_000
/** Of the time between two fetches, what the taking up of the last one may have used, and the most that comes of it. */
const busyShare = 0.25
const mostForBusyMs = 15_000

export class Listing {
  offer: Offer | undefined
  lists: Lists | undefined
  /** Whether the offer is one of an earlier time. */
  stale = false
  #paramHeaders: ReadonlyMap<string, NonNullable<Offered["paramHeaders"]>> = new Map()
  readonly #options: ListingOptions
  readonly #pinned: Pinned
  readonly #closed = new AbortController()
  /** Lists are taken up one after the other, or an older one could take the place of a newer. */
  #turn: Promise<unknown> = Promise.resolve()
  #taken: Taking | undefined
  #fetching: Promise<void> | undefined
  /** The one that begins when that has ended, for all who want one by then. */
  #next: Promise<void> | undefined
  #fetchedAtMs = Number.NEGATIVE_INFINITY
  #tookMs = 0
  #timer: NodeJS.Timeout | undefined
  #failures = 0

  constructor(options: ListingOptions) {
    this.#options = options
    const { definition, pins, operations, now, onPinEvent } = options
    const rules = compileToolRules(definition.tools)
    const { name: service, pin: mode } = definition
    const offersTool = (tool: string): boolean => rules.offers(tool)
    this.#pinned = new Pinned({
      service,
      mode,
      store: pins,
      offersTool,
      isGrave: (lists) => isGrave(toDefinitions(definition, lists), operations),
      now,
      onEvent: onPinEvent,
    })
  }

  get pins(): PinsShown {
    return this.#pinned.shown
  }

  /** @throws GatewayError `conflict` where something else is approved than the change was made from */
  async pin(change: PinChange): Promise<void> {
    await this.#inTurn(async () => {
      await this.#pinned.pin(change)
      if (this.lists && this.#taken) await this.#take(this.lists, this.#taken)
    })
  }

  /** The headers that must repeat arguments of this tool, by the service's own name of it. */
  readonly paramHeaders = (tool: string): Offered["paramHeaders"] => this.#paramHeaders.get(tool)

  /** Takes up what was heard earlier, by a predecessor or before a restart, until the service can be asked. */
  async restore(earlier: Lists | undefined): Promise<void> {
    const { cache, cacheKey, definition } = this.#options
    const lists = earlier ?? (await cache.load(definition.name, cacheKey))
    if (!lists) return
    await this.#inTurn(async () => {
      if (!this.lists) await this.#take(lists, { ...nothingWrong, age: "stale" })
    })
  }

  /** For how long a list may be kept by others: as its service said, if that tells of changes, or for the rest of it. */
  ttlMs(kind: ItemKind): number {
    if (!this.lists || this.stale || this.lists.facts.era === "legacy") return 0
    const { ttlMs, facts } = this.lists
    const capability = facts.capabilities[kind === "templates" ? "resources" : kind] as { listChanged?: unknown }
    if (capability?.listChanged === true) return ttlMs[kind]
    return Math.max(0, Math.round(ttlMs[kind] - (this.#options.elapsed() - this.#fetchedAtMs)))
  }

  /** Fetches soon; many wishes within a moment are one. */
  schedule(leastMs = debounceMs): void {
    if (this.#timer || this.#closed.signal.aborted) return
    const sinceMs = this.#options.elapsed() - this.#fetchedAtMs
    const waitMs = Math.max(leastMs, this.#betweenMs - sinceMs)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      // What goes wrong is told as a fault.
      this.fetch().catch(() => {})
    }, waitMs).unref()
  }

  /**
   * Fetches now, or after the fetch that is under way.
   * @throws GatewayError `service_unavailable` where nothing could be fetched
   */
  fetch(): Promise<void> {
    if (!this.#fetching) return this.#begin()
    this.#next ??= this.#fetching
      .catch(() => {})
      .then(() => {
        this.#next = undefined
        return this.#begin()
      })
    return this.#next
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#closed.abort(new GatewayError("service_unavailable", "The service was stopped."))
  }

  /** Lists that take long to take up are asked for less often, or a service could keep us busy with nothing else. */
  get #betweenMs(): number {
    return Math.max(leastBetweenMs, Math.min(mostForBusyMs, this.#tookMs / busyShare))
  }

  #begin(): Promise<void> {
    const fetching = this.#fetch().finally(() => {
      if (this.#fetching === fetching) this.#fetching = undefined
    })
    this.#fetching = fetching
    return fetching
  }

  async #fetch(): Promise<void> {
    const link = this.#options.link()
    if (!link)
      throw new GatewayError("service_unavailable", "The service is not connected; its lists stay as they were.")
    this.#fetchedAtMs = this.#options.elapsed()
    try {
      await this.#fetchOver(link)
    } catch (thrown) {
      this.stale = this.lists !== undefined
      const { message } = GatewayError.from(thrown)
      if (!this.#closed.signal.aborted)
        this.#options.onFaults([{ subject: "lists", message: `Not listed: ${message}` }])
      // It may have been busy, with its own start for one: asked again, ever less often.
      this.schedule(Math.min(mostBetweenMs, leastBetweenMs * 2 ** this.#failures++))
      throw thrown
    }
  }

  async #fetchOver(link: Link): Promise<void> {
    const { definition, limits, clientInfo, cache, cacheKey, now, elapsed } = this.#options
    const { facts } = link
    const client = clientOf(facts.era, { capabilities: noMembers, clientInfo })
    const late = new AbortController()
    const text = `The lists did not come within ${limits.listMs} ms.`
    const timer = setTimeout(() => late.abort(new GatewayError("timeout", text)), limits.listMs)
    const signal = AbortSignal.any([this.#closed.signal, late.signal])
    try {
      const fetching = fetchLists({ link, client, limits, signal, previous: this.lists?.items })
      const { items, ttlMs, faults, unheard } = await abortable(fetching, signal)
      const lists = { facts, items, ttlMs, listedAtMs: now() }
      this.#failures = 0
      const beganMs = elapsed()
      await this.#inTurn(() => this.#take(lists, { age: "fresh", faults, unheard }))
      this.#tookMs = elapsed() - beganMs
      if (faults.length === 0 && !this.#closed.signal.aborted)
        await cache.save(definition.name, cacheKey, lists).catch(() => {})
    } finally {
      clearTimeout(timer)
    }
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(act)
    this.#turn = done.catch(() => {})
    return done
  }

  async #take(lists: Lists, taking: Taking): Promise<void> {
    if (this.#closed.signal.aborted) return
    const { definition, onFaults, onHeld, onOffer } = this.#options
    const { name: service, prefix, tools: rules, tags, audit } = definition
    const { items, instructions, held } = await this.#pinned.screen(lists, taking.unheard)
    const facts = { ...lists.facts, instructions }
    const compiled = await compileOffer({ service, prefix, rules, tags, audit, terms: definition, facts, items })
    if (this.#closed.signal.aborted) return
    this.lists = lists
    this.#taken = taking
    const { offer } = compiled
    this.offer = held.length === 0 ? offer : { ...offer, held: heldNames(definition, offer, held) }
    const { tools } = offer.items
    this.#paramHeaders = new Map(
      tools.flatMap(({ name, paramHeaders }) => (paramHeaders ? [[name, paramHeaders]] : [])),
    )
    this.stale = taking.age === "stale"
    onFaults([...taking.faults, ...compiled.faults])
    onHeld(saysHeld(service, this.pins))
    onOffer()
  }
}
