/**
 * The fleet: the live connections to all services. It follows the files that define them, so that only what changed
 * starts or stops and the others notice nothing. One service: live-service.ts.
 */

import { join } from "node:path"
import type { ItemKind, Offer } from "../domain/catalog.ts"
import type { DiagnosisStep } from "../domain/diagnosis.ts"
import type { Fleet, HealthCheck, Issue, SendOptions, ServiceState, ServiceStatus } from "../domain/fleet.ts"
import type { PinChange, PinMode, PinsShown } from "../domain/pins/pin.ts"
import type { ServiceDefinition, ServiceFiles, ServicesChange } from "../domain/services/service.ts"
import { GatewayError } from "../errors.ts"
import type { Answer, Exchange, Notification, Request } from "../mcp/message.ts"
import { toRaw } from "../mcp/raw-json.ts"
import { toDefinitions } from "./admission/to-definitions.ts"
import { findCollisions } from "./lists/collisions.ts"
import type { FleetChange, FleetContext } from "./context.ts"
import { withDefaults, type ServiceDefaults } from "./defaults.ts"
import { cacheKeyOf, digestOf } from "./definition-digest.ts"
import { Issues, issuesOfFiles } from "./issues.ts"
import { ListCache } from "./lists/list-cache.ts"
import { LiveService } from "./live-service.ts"
import { idleStatus } from "./status.ts"
import type { Served } from "./calls/stats.ts"
import type { BreakerState } from "./links/breaker.ts"
import type { RunningFleet } from "./running-fleet.ts"
import { DeadlineWheel } from "../mcp/deadline-wheel.ts"
import { Attempts } from "./links/attempts.ts"
import { KeptWatchers } from "./lists/kept-watchers.ts"

export type FleetOptions = Omit<FleetContext, "cache" | "issues" | "attempts" | "clientInfo" | "wheel"> & {
  readonly files: ServiceFiles
  readonly dataDir: string
  readonly limits: ServiceDefaults["limits"]
  readonly health: ServiceDefaults["health"]
  readonly breaker: ServiceDefaults["breaker"]
  readonly pin: PinMode
  /** Of this gateway, told to the services. */
  readonly version: string
}

export function createFleet(options: FleetOptions): RunningFleet {
  return new ServiceFleet(options)
}

const drainMs = 5_000

class ServiceFleet implements RunningFleet {
  readonly #files: ServiceFiles
  readonly #defaults: ServiceDefaults
  readonly #context: FleetContext
  readonly #notify: FleetContext["onChange"]
  readonly #live = new Map<string, LiveService>()
  readonly #watchers = new KeptWatchers()
  readonly #leaving = new Set<Promise<void>>()
  #unfollow: (() => void) | undefined
  #collisions: NodeJS.Immediate | undefined

  constructor({ files, dataDir, version, health, breaker, pin, ...options }: FleetOptions) {
    this.#files = files
    this.#defaults = { limits: options.limits, health, breaker, pin }
    this.#context = {
      ...options,
      clientInfo: toRaw({ name: "mcp-meta", version }),
      cache: new ListCache(join(dataDir, "lists")),
      issues: new Issues(options.now, (service) => options.onChange("issues", service)),
      wheel: new DeadlineWheel(),
      attempts: new Attempts(options.limits),
      onChange: (what, service) => this.#onChange(what, service),
    }
    this.#notify = options.onChange
  }

  /** Resolves when the last known lists are read; connections are made in the background. */
  async start(): Promise<void> {
    const unfollow = this.#files.onChange((change) => this.#apply(change))
    const ignore = this.#files.onProblems(() => this.#notify("issues", ""))
    this.#unfollow = () => [unfollow, ignore].forEach((stop) => stop())
    await Promise.all(this.#definitions().map((definition) => this.#begin(definition)))
  }

  async stop(graceMs: number): Promise<void> {
    this.#unfollow?.()
    clearImmediate(this.#collisions)
    const leaving = [...this.#live.values()].map((service) => service.stop(graceMs))
    await Promise.all([...leaving, ...this.#leaving])
    this.#live.clear()
  }

  send(service: string, request: Request, exchange: Exchange, options: SendOptions): Promise<Answer> {
    const live = this.#live.get(service)
    return (
      live?.send(request, exchange, options) ??
      Promise.try(() => this.#get(service).send(request, exchange, options))
    )
  }

  async watch(
    service: string,
    uri: string,
    onUpdate: (notification: Notification) => void,
    signal: AbortSignal,
  ): Promise<boolean> {
    const agreed = await this.#get(service).watch(uri, onUpdate, signal)
    if (agreed && !signal.aborted) this.#watchers.keep(service, { uri, onUpdate, signal })
    return agreed
  }

  watchTask(...[service, task, onNews, signal]: Parameters<Fleet["watchTask"]>): Promise<boolean> {
    return Promise.try(() => this.#get(service).watchTask(task, onNews, signal))
  }

  listTtlMs(service: string, kind: ItemKind): number {
    return this.#live.get(service)?.listTtlMs(kind) ?? 0
  }

  status(): readonly ServiceStatus[] {
    return this.#definitions().map(
      (definition) => this.#live.get(definition.name)?.status ?? idleStatus(definition),
    )
  }

  stateOf(service: string): ServiceState | "removed" {
    const live = this.#live.get(service)
    if (live) return live.status.state
    return this.#files.list().some(({ definition }) => definition.name === service) ? "disabled" : "removed"
  }

  definitionOf(service: string): ServiceDefinition | undefined {
    return this.#live.get(service)?.definition
  }

  offerOf(service: string): Offer | undefined {
    return this.#live.get(service)?.listing.offer
  }

  remembers(service: string): boolean {
    return this.#live.get(service)?.remembers ?? true
  }

  noteServed(service: string, served: Served): void {
    this.#live.get(service)?.noteServed(served)
  }

  noteBreakers(service: string, worker: string, states: readonly BreakerState[]): void {
    this.#live.get(service)?.noteBreakers(worker, states)
  }

  issues(): readonly Issue[] {
    return [...issuesOfFiles(this.#files.problems()), ...this.#context.issues.list()]
  }

  stderr(service: string): readonly string[] {
    return this.#live.get(service)?.connector.stderrLines() ?? []
  }

  offers(): readonly Offer[] {
    return [...this.#live.values()].flatMap(({ listing }) => listing.offer ?? [])
  }

  async settled(): Promise<void> {
    await Promise.all([...this.#live.values()].map(({ settled }) => settled))
  }

  pins(service: string): PinsShown | undefined {
    return this.#live.get(service)?.listing.pins
  }

  pin(service: string, change: PinChange): Promise<void> {
    return Promise.try(() => this.#get(service).listing.pin(change))
  }

  refresh(service: string): Promise<void> {
    return Promise.try(() => this.#get(service).refresh())
  }

  check(service: string): Promise<HealthCheck> {
    return Promise.try(() => this.#get(service).check())
  }

  async diagnose(service: string): Promise<readonly DiagnosisStep[]> {
    const definition = this.#getDefinition(service)
    const failing = this.#live.get(service)?.status.endpoints.findIndex(({ healthy }) => !healthy) ?? 0
    const { diagnose } = await import("./diagnosis/diagnose.ts") // seldom needed
    return diagnose(definition, Math.max(0, failing), this.#context)
  }

  heard(service: string): ReturnType<Fleet["heard"]> {
    const live = this.#live.get(service)
    return live?.listing.lists && toDefinitions(live.definition, live.listing.lists)
  }

  async inspect(definition: ServiceDefinition): ReturnType<Fleet["inspect"]> {
    const { inspect } = await import("./admission/inspect.ts") // seldom needed
    return inspect(definition, this.#context)
  }

  #definitions(): ServiceDefinition[] {
    return this.#files.list().map((source) => withDefaults(source, this.#defaults))
  }

  /** @throws GatewayError `not_found` */
  #getDefinition(name: string): ServiceDefinition {
    const definition = this.#definitions().find((known) => known.name === name)
    if (definition) return definition
    throw new GatewayError("not_found", `There is no service named ${name}.`, {
      next: { operation: "list_services" },
    })
  }

  /** @throws GatewayError `not_found`, `service_unavailable` */
  #get(name: string): LiveService {
    const live = this.#live.get(name)
    if (live) return live
    const { enabled } = this.#getDefinition(name)
    const detail = { service: name, sent: false }
    if (enabled) throw new GatewayError("service_unavailable", `The service ${name} is not running.`, { detail })
    throw new GatewayError("service_unavailable", `The service ${name} is disabled; toggle_service turns it on.`, {
      detail,
      next: { operation: "toggle_service", arguments: { name, enabled: true } },
    })
  }

  #apply({ added, changed, removed }: ServicesChange): void {
    for (const name of removed) {
      this.#end(name)
      // A cache that stays is only litter.
      void this.#context.cache.remove(name).catch(() => {})
      void this.#context.pins.remove(name).catch(() => {})
      this.#tell(name)
    }
    const names = new Set([...added, ...changed].map(({ name }) => name))
    for (const definition of this.#definitions().filter(({ name }) => names.has(name))) {
      // Told only when its last known lists are read, so that nobody sees a list without them.
      void this.#begin(definition)
        .catch((cause: unknown) =>
          this.#context.log.warn({ err: cause, service: definition.name }, "a service could not be started"),
        )
        .finally(() => this.#tell(definition.name))
    }
  }

  #tell(name: string): void {
    this.#onChange("catalog", name)
    this.#notify("service", name)
  }

  /** Starts the service, in place of the one of that name that ran before, if any. */
  async #begin(definition: ServiceDefinition): Promise<void> {
    const { name, enabled } = definition
    const before = this.#live.get(name)
    if (enabled && before && digestOf(before.definition) === digestOf(definition)) return
    this.#end(name)
    if (!enabled) return
    const service = new LiveService(definition, this.#context)
    this.#live.set(name, service)
    service.adopt(this.#watchers.of(name))
    const isSame = before && cacheKeyOf(before.definition) === cacheKeyOf(definition)
    await service.start(isSame ? before.listing.lists : undefined)
  }

  #end(name: string): void {
    const service = this.#live.get(name)
    if (!service) return
    this.#live.delete(name)
    const leaving = service.stop(drainMs).finally(() => this.#leaving.delete(leaving))
    this.#leaving.add(leaving)
    this.#context.issues.forget(name)
  }

  #onChange(what: FleetChange, service: string): void {
    if (what === "catalog") this.#collisions ??= setImmediate(() => this.#findCollisions())
    this.#notify(what, service)
  }

  /** Once for all services that change together. */
  #findCollisions(): void {
    this.#collisions = undefined
    const collisions = findCollisions(this.offers())
    for (const name of this.#live.keys()) this.#context.issues.set(name, "names", collisions.get(name) ?? [])
  }
}
