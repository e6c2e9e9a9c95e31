/**
 * One service while it is live: its endpoints, its lists, what it tells of its own accord, how it has been doing. The
 * way of a call is dispatch.ts; which services there are, registry.ts.
 */

import type { ItemKind } from "../domain/catalog.ts"
import type { HealthCheck, SendOptions, ServiceState, ServiceStatus } from "../domain/fleet.ts"
import type { ServiceDefinition } from "../domain/services/service.ts"
import { GatewayError } from "../errors.ts"
import { cancellationOf } from "../mcp/cancellation.ts"
import type { Answer, Era, Exchange, Notification, Request } from "../mcp/message.ts"
import { abortable } from "./links/abortable.ts"
import { checkEndpoints } from "./check.ts"
import { Connector } from "./links/connector.ts"
import type { FleetContext } from "./context.ts"
import { Dispatch } from "./calls/dispatch.ts"
import { watchTask, type WatchedTask } from "./calls/watch-task.ts"
import type { Endpoint } from "./links/endpoint.ts"
import type { BreakerState } from "./links/breaker.ts"
import { findEndpointFaults, openEndpoints } from "./links/endpoints.ts"
import { WorkerBreakers } from "./links/worker-breakers.ts"
import { cacheKeyOf } from "./definition-digest.ts"
import { LinkPool } from "./links/link-pool.ts"
import type { Lists } from "./lists/list-cache.ts"
import { logPinEvent } from "./lists/held-back.ts"
import { Listing } from "./lists/listing.ts"
import { Pinging } from "./links/pinging.ts"
import { OpenSends } from "./calls/open-sends.ts"
import { Stats, type Served } from "./calls/stats.ts"
import { readStatus, stateOf } from "./status.ts"
import { serviceUnavailable } from "./unavailable.ts"
import { Watches, type Watcher } from "./lists/watches.ts"

/** Connections by URL that callers do not share; of programs there are fewer. */
const maxUrlLinks = 1_024

export class LiveService {
  readonly definition: ServiceDefinition
  /** Resolves when it was listed once, could not be, or has had its time. */
  readonly settled: Promise<void>
  readonly listing: Listing
  readonly connector: Connector
  readonly #context: FleetContext
  readonly #settle: () => void
  readonly #endpoints: readonly Endpoint[]
  readonly #pool: LinkPool
  readonly #watches: Watches
  readonly #dispatch: Dispatch
  readonly #stats = new Stats()
  readonly #open = new OpenSends()
  readonly #workers = new WorkerBreakers()
  #pinging: readonly Pinging[] = []
  #state: ServiceState = "starting"
  #stopping = false

  constructor(definition: ServiceDefinition, context: FleetContext) {
    const { clientInfo, random, limits, wheel } = context
    this.definition = definition
    this.#context = context
    const { promise, resolve } = Promise.withResolvers<void>()
    this.settled = promise
    this.#settle = resolve
    this.listing = new Listing({
      ...context,
      definition,
      cacheKey: cacheKeyOf(definition),
      limits: {
        maxPages: limits.pages,
        maxItems: limits.tools,
        maxBytes: limits.listBytes,
        listMs: limits.listMs,
      },
      link: () => this.#primary()?.shared.link,
      onOffer: () => this.#changed("catalog"),
      onFaults: (faults) => this.#stopping || context.issues.set(definition.name, "lists", faults),
      onHeld: (faults) => this.#stopping || context.issues.set(definition.name, "pins", faults),
      onPinEvent: (event) => logPinEvent(context.log, definition.name, event),
    })
    this.connector = new Connector({
      definition,
      context,
      eraHint: this.#era,
      paramHeaders: this.listing.paramHeaders,
    })
    this.#pool = new LinkPool(definition.type === "stdio" ? context : { ...context, maxLinks: maxUrlLinks })
    const onUp = (): void => this.#onUp()
    const onChange = (): void => this.#onEndpoint()
    this.#endpoints = openEndpoints({
      definition,
      context,
      connector: this.connector,
      pool: this.#pool,
      onUp,
      onChange,
    })
    this.#watches = new Watches({ clientInfo, random, onListsChanged: () => this.listing.schedule() })
    this.#dispatch = new Dispatch({ definition, endpoints: this.#endpoints, era: this.#era, clientInfo, wheel })
  }

  /** @param earlier the lists of its predecessor, if they are still worth something */
  async start(earlier?: Lists): Promise<void> {
    const { limits, random } = this.#context
    const timer = setTimeout(this.#settle, limits.listMs).unref()
    void this.settled.then(() => clearTimeout(timer))
    await this.listing.restore(earlier)
    if (this.#stopping) return
    for (const { shared } of this.#endpoints) shared.start()
    this.#pinging = this.#endpoints.map((endpoint) => new Pinging(endpoint, this.definition.health, random))
  }

  /** Refuses new calls at once, lets the open ones end within the grace, then closes everything. */
  async stop(graceMs: number): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    this.#settle()
    for (const pinging of this.#pinging) pinging.stop()
    this.#watches.close()
    this.listing.close()
    await this.#open.drained(graceMs)
    const closing = this.#endpoints.map((endpoint) => endpoint.close())
    await Promise.all([this.#pool.close(), ...closing, this.connector.close()])
  }

  async send(request: Request, exchange: Exchange, options: SendOptions): Promise<Answer> {
    if (this.#stopping) throw this.#unavailable("The service is being stopped.")
    return this.#open.during(() => this.#send(request, exchange, options))
  }

  /** @throws GatewayError `service_unavailable` */
  async watch(uri: string, onUpdate: (notification: Notification) => void, signal: AbortSignal): Promise<boolean> {
    await this.#connected(signal)
    return this.#watches.watch(uri, onUpdate, signal)
  }

  /** Nothing is tried again: whoever wants to know more of a task asks for it. */
  async watchTask({ id, place }: WatchedTask, onNews: Watcher["onUpdate"], signal: AbortSignal): Promise<boolean> {
    // Another connection may know another caller's task by the same id.
    const link = place ? this.#dispatch.linkAt(place) : this.#primary()?.shared.link
    return link ? watchTask({ link, id, clientInfo: this.#context.clientInfo, onNews }, signal) : false
  }

  /** A call that another process of ours has sent. */
  noteServed({ latencyMs, error: message, era }: Served): void {
    if (message === undefined) this.#stats.answered(latencyMs)
    else this.#stats.failed(latencyMs, { message, atMs: this.#context.now() })
    if (era === undefined) return
    const reason = new GatewayError("service_unavailable", `The service is of the ${era} era now.`)
    for (const { shared } of this.#endpoints)
      if (shared.link && shared.link.facts.era !== era) shared.drop(shared.link, reason)
  }

  /** What a worker has found out of the endpoints. */
  noteBreakers(worker: string, states: readonly BreakerState[]): void {
    this.#workers.note(worker, states)
    this.#onEndpoint()
  }

  /** Whether it may matter to the service over which connection a call comes. */
  get remembers(): boolean {
    const isLegacy = this.#era() === "legacy"
    return this.#endpoints.some(({ shared }) => shared.link?.remembers ?? isLegacy)
  }

  listTtlMs(kind: ItemKind): number {
    return this.#state === "up" || this.#state === "degraded" ? this.listing.ttlMs(kind) : 0
  }

  /** Goes on telling those who watched this service before it was defined anew. */
  adopt(watchers: Iterable<Watcher>): void {
    for (const watcher of watchers) this.#watches.adopt(watcher)
  }

  /** @throws GatewayError `service_unavailable` */
  async refresh(): Promise<void> {
    await this.#connected(AbortSignal.timeout(this.#context.limits.childStartMs))
    await this.listing.fetch()
  }

  check(): Promise<HealthCheck> {
    return checkEndpoints(this.definition, this.#endpoints, this.#workers, this.#context.elapsed)
  }

  get status(): ServiceStatus {
    const { definition, listing } = this
    const facts = this.#primary()?.shared.link?.facts
    return readStatus({
      definition,
      listing,
      facts,
      state: this.#state,
      endpoints: this.#endpoints,
      workers: this.#workers,
      stats: this.#stats,
    })
  }

  async #send(request: Request, exchange: Exchange, options: SendOptions): Promise<Answer> {
    const { elapsed } = this.#context
    const beganMs = elapsed()
    try {
      const answer = await this.#dispatch.send(request, exchange, options)
      if (answer.error) this.#noteError(beganMs, `It answered with error ${answer.error.code}.`)
      else this.#stats.answered(elapsed() - beganMs)
      return answer
    } catch (thrown) {
      const error = GatewayError.from(thrown)
      if (cancellationOf(exchange).aborted) this.#stats.answered(elapsed() - beganMs)
      else this.#noteError(beganMs, error.message)
      throw error.code === "service_unavailable" ? this.#unavailable(error.message, error) : thrown
    }
  }

  readonly #era = (): Era | undefined => this.#primary()?.shared.link?.facts.era ?? this.listing.lists?.facts.era

  /** The endpoint that is asked for what concerns the service as a whole. */
  #primary(): Endpoint | undefined {
    return this.#endpoints.find(({ healthy }) => healthy) ?? this.#endpoints.find(({ shared }) => shared.link)
  }

  async #connected(signal: AbortSignal): Promise<void> {
    if (this.#primary()) return
    const attempts = this.#endpoints.map(({ shared }) => shared.get(signal))
    await abortable(Promise.any(attempts), signal).catch((thrown: unknown) => {
      const first: unknown = thrown instanceof AggregateError ? thrown.errors[0] : thrown
      throw this.#unavailable(GatewayError.from(first).message, first)
    })
  }

  #onUp(): void {
    this.#onEndpoint()
    const { name } = this.definition
    this.#context.log.info({ service: name, era: this.#era() }, "connected to a service")
    // What goes wrong is told as an issue.
    void this.listing.fetch().then(this.#settle, this.#settle)
  }

  /** Some endpoint came, went, or got another verdict. */
  #onEndpoint(): void {
    if (this.#stopping) return
    const { name } = this.definition
    this.#watches.use(this.#primary()?.shared.link)
    if (this.#endpoints.every(({ shared }) => !shared.link && shared.lastError)) this.#settle()
    this.#context.issues.set(name, "connection", findEndpointFaults(this.#endpoints, this.#workers))
    const state = stateOf(this.#endpoints, this.#workers)
    if (state === this.#state) return
    this.#state = state
    if (state === "down")
      this.#context.log.warn({ service: name, reason: this.#downReason() }, "a service is down")
    this.#changed("service")
  }

  #downReason(): string | undefined {
    const message = this.#endpoints
      .map(({ shared }) => shared.lastError?.message)
      .find((found) => found !== undefined)
    if (message !== undefined) this.#stats.noteError({ message, atMs: this.#context.now() })
    return message
  }

  #noteError(beganMs: number, message: string): void {
    const { now, elapsed } = this.#context
    this.#stats.failed(elapsed() - beganMs, { message, atMs: now() })
  }

  #changed(what: "catalog" | "service"): void {
    if (!this.#stopping) this.#context.onChange(what, this.definition.name)
  }

  #unavailable(message: string, error?: unknown): GatewayError {
    return serviceUnavailable(this.definition.name, message, error)
  }
}
