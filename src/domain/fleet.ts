/**
 * The live services as the call and the operations need them. Who keeps the connections: src/fleet.
 */

import type { Answer, Era, Exchange, Notification, Request, Revision } from "../mcp/message.ts"
import type { Definitions } from "./admission/definition-texts.ts"
import type { ItemKind, Offer } from "./catalog.ts"
import type { DiagnosisStep } from "./diagnosis.ts"
import type { ServiceDefinition } from "./services/service.ts"
import type { PinChange, PinsShown } from "./pins/pin.ts"

/** `starting` until the first handshake, `degraded` while only some endpoints answer, `down` while none does. */
export type ServiceState = "disabled" | "starting" | "up" | "degraded" | "down"

export type ServiceStatus = {
  readonly name: string
  readonly title?: string
  readonly state: ServiceState
  readonly era?: Era
  readonly revision?: Revision
  readonly transport: "stdio" | "http" | "sse" | "websocket"
  readonly endpoints: readonly EndpointStatus[]
  readonly tools: number
  readonly prompts: number
  readonly resources: number
  readonly calls: number
  readonly errors: number
  /** Of the last calls, in ms; undefined before the first. */
  readonly p50Ms?: number
  readonly p99Ms?: number
  readonly lastError?: { readonly message: string; readonly atMs: number }
  /** When its lists were last fetched, and whether what is listed now was read from disk meanwhile. */
  readonly listedAtMs?: number
  readonly stale: boolean
}

export type EndpointStatus = {
  /** A URL without credentials, or the command. */
  readonly address: string
  readonly healthy: boolean
  /**
   * `open`: calls are refused; `half_open`: the next one tries whether it is well again. Where the gateway has several
   * processes, the worst of them.
   */
  readonly breaker: "closed" | "open" | "half_open"
  /** How many of the gateway's workers leave it alone, where any does. */
  readonly openWorkers?: number
  readonly inFlight: number
  readonly waiting: number
}

/** Something a person or an agent should look at. */
export type Issue = {
  /** `gateway:` where it is the gateway's own. */
  readonly service: string
  /** What it concerns within the service: a tool, an endpoint, the file. */
  readonly subject?: string
  readonly message: string
  readonly sinceMs: number
  /** The operation that sees to it. */
  readonly next?: { readonly operation: string; readonly arguments: Readonly<Record<string, unknown>> }
}

export type HealthCheck = {
  readonly name: string
  readonly healthy: boolean
  readonly latencyMs?: number
  readonly message?: string
}

export type SendOptions = {
  /** Who calls: isolated services keep their connections apart by it. */
  readonly principalId: string
  /** Nothing is lost when the service gets the request twice. */
  readonly repeatable: boolean
  /** Where to send it, if that is still there: what the service keeps for a caller it may keep in one place only. */
  readonly place?: Place | undefined
  /** Told where it is sent. */
  readonly onPlace?: (place: Place) => void
  /** The service may say nothing until it answers, for as long as a call may take at all. */
  readonly quiet?: true
}

/** An endpoint of a service and the connection to it that was used. Only the fleet looks inside. */
export type Place = object

export interface Fleet {
  /**
   * Sends one request, its names already the service's own, and gives the answer as it came.
   * @throws GatewayError `service_unavailable`, `overloaded`, `timeout`
   */
  send(service: string, request: Request, exchange: Exchange, options: SendOptions): Promise<Answer>
  /**
   * Tells of updates of one resource until the signal aborts.
   * @returns whether the service agreed to tell
   */
  watch(
    service: string,
    uri: string,
    onUpdate: (notification: Notification) => void,
    signal: AbortSignal,
  ): Promise<boolean>
  /**
   * Tells what the service says of one task until the signal aborts.
   * @param task the service's own id, and where the task was begun
   * @returns whether the service agreed to tell
   */
  watchTask(
    service: string,
    task: { readonly id: string; readonly place: Place | undefined },
    onNews: (notification: Notification) => void,
    signal: AbortSignal,
  ): Promise<boolean>
  status(): readonly ServiceStatus[]
  issues(): readonly Issue[]
  /** The last lines of a child's error output; empty for what is no child. */
  stderr(service: string): readonly string[]
  /** What the services offer, as last heard. */
  offers(): readonly Offer[]
  /** For how long one list of a service may be kept by who is given it now, in ms. */
  listTtlMs(service: string, kind: ItemKind): number
  /** Resolves when every service has been heard once, or has had its time. */
  settled(): Promise<void>
  /** How the approvals of its definitions are; undefined while it is not live. */
  pins(service: string): PinsShown | undefined
  /** @throws GatewayError `conflict` where it was made from what is no longer so; `not_found`, `service_unavailable` */
  pin(service: string, change: PinChange): Promise<void>
  /** Fetches the lists anew. @throws GatewayError `not_found`, `service_unavailable` */
  refresh(service: string): Promise<void>
  check(service: string): Promise<HealthCheck>
  /** Walks through a new connection and stops at the step that fails. */
  diagnose(service: string): Promise<readonly DiagnosisStep[]>
  /** What a live service said when it was last asked, as its file lets it be offered. */
  heard(service: string): Definitions | undefined
  /**
   * Asks a service that need not be registered what it offers, and starts nothing for it.
   * @throws GatewayError `conflict` for a program; `service_unavailable`, `timeout`, `invalid`
   */
  inspect(definition: ServiceDefinition): Promise<Definitions>
}
