/**
 * One legacy client's conversation, whatever carries it: the handshake, the state that those revisions keep on the
 * connection (log level, subscriptions, open requests) and the questions a service may ask it. Each maps onto the
 * neutral form, so that who answers behind `handle` never meets a session.
 *
 * How messages travel is left to http-legacy.ts and channel-server.ts.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle
 */

import { GatewayError } from "../../errors.ts"
import { Canceller } from "../cancellation.ts"
import { readLegacyRequest } from "../era-legacy.ts"
import { Conversation, cancelledId, stillOpen, type Send } from "./conversation.ts"
import { isTaskNews, writeLegacyNews } from "../legacy-tasks.ts"
import { metaOf, readLogLevel } from "../meta.ts"
import {
  type Answer,
  type ClientFacts,
  type Exchange,
  type Handler,
  type LogLevel,
  type Notification,
  type Outline,
  type Request,
} from "../message.ts"
import { readMembers } from "../outline.ts"
import { ProtocolError, unknownMethod } from "../protocol-error.ts"
import { noMembers, toRaw, toRawObject, withMembers, type RawObject } from "../raw-json.ts"
import { LegacyAnswering, type EarlyReply } from "./legacy-answering.ts"
import { ListWatch } from "./list-watch.ts"
import { unknownClient } from "./sealed-client.ts"
import { ResourceWatches, uriOf } from "./resource-watches.ts"
import { introduced } from "./shared-clients.ts"
import { isTask, TaskWatches } from "./task-watches.ts"
import { encodeAnswer, encodeNotification, toRpcError, type Bytes } from "../wire.ts"

/** Requests that only exist in the modern era: unknown here, whoever asks. */
const modernOnly = new Set(["server/discover", "subscriptions/listen", "tasks/update"])
const acknowledged = "notifications/subscriptions/acknowledged"
const empty: Answer = { result: noMembers }

export type LegacySessionOptions = {
  /** Unguessable; what is kept for this client elsewhere is kept under it. */
  readonly id: string
  readonly handle: Handler
  readonly side: ClientSide
  /** Where the handshake took place earlier, its outcome. */
  readonly client?: ClientFacts
}

/** What the client is on. */
export interface ClientSide {
  /** Reaches the client outside of any request: list changes and resource updates. */
  send(message: Buffer): boolean | void
  /** Told when the client's credential is good no longer: its connection should end. */
  refuse?(): void
}

export class LegacySession {
  readonly id: string
  client: ClientFacts
  /** Whether a handshake took place here. */
  introduced = false
  #logLevel: LogLevel | undefined
  #handle: Handler
  readonly #side: ClientSide
  readonly #conversation = new Conversation()
  readonly #closed = new Canceller()
  /** The resources and tasks that it follows, which few sessions do. */
  #resources: ResourceWatches | undefined
  #tasks: TaskWatches | undefined
  #watchesLists = false

  constructor({ id, handle, side, client = unknownClient }: LegacySessionOptions) {
    this.id = id
    this.#handle = handle
    this.#side = side
    this.client = client
  }

  /** Aborts when the session ends. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Whether a request waits for its answer. */
  get busy(): boolean {
    return this.#conversation.busy
  }

  /**
   * Takes one message.
   * @param send reaches the client ahead of the answer, on the stream of this message where the transport has such
   * @param reply where the transport can begin an answer that is not complete
   * @returns the answer's bytes; undefined for what is not answered (notifications, answers, cancelled requests)
   */
  async receive(message: Outline, send: Send, reply?: EarlyReply): Promise<Bytes | undefined> {
    if (message.kind === "request") return this.#answer(message, send, reply)
    if (message.kind === "notification") this.#notice(message.method, message.params)
    else
      this.#conversation.settle(
        message.id,
        message.kind === "error" ? { error: message.error } : { result: message.result },
      )
    return undefined
  }

  /** What comes from here on is handled so: each message may have come another way. */
  handleBy(handle: Handler): void {
    this.#handle = handle
  }

  /** Starts telling the client of list changes; it may be called again and again. */
  watchLists(): void {
    if (this.#watchesLists) return
    this.#watchesLists = true
    const watch = new ListWatch(this.#closed, this)
    this.#handle(this.#request("subscriptions/listen", watch.params), watch).catch((thrown: unknown) => {
      this.#watchesLists = false
      this.#heedRefusal(thrown)
    })
  }

  /** Of what a subscription is told. */
  tell(notification: Notification): void {
    if (notification.method === acknowledged) return
    if (isTaskNews(notification.method)) this.#tasks?.told(notification.params)
    const { method, params } = writeLegacyNews(notification)
    this.#side.send(encodeNotification(method, params))
  }

  /** Ends every open request and subscription. */
  close(): void {
    const ended = new GatewayError("service_unavailable", "The session has ended.")
    this.#closed.abort(ended)
    this.#conversation.close(ended)
  }

  async #answer(
    message: Outline & { kind: "request" },
    send: Send,
    reply: EarlyReply | undefined,
  ): Promise<Bytes | undefined> {
    const signal = this.#conversation.open(message.id)
    if (!signal) return encodeAnswer(message.id, { error: stillOpen(message.id) })
    const answering = new LegacyAnswering(message, reply)
    const exchange = {
      ...this.#exchange(send, signal, reply && answering.openLarge),
      end: (reason: Error) => this.#conversation.end(message.id, reason),
    }
    const answer = await this.#perform(message, exchange).catch((thrown: unknown) => ({
      error: toRpcError(thrown),
    }))
    if (isTask(answer)) this.#tasks ??= this.#newTasks()
    this.#tasks?.heed(answer)
    const cancelled = this.#conversation.finish(message.id)
    return cancelled ? undefined : answering.encode(answer)
  }

  async #perform(message: Outline & { kind: "request" }, exchange: Exchange): Promise<Answer> {
    const { method, params } = message
    if (modernOnly.has(method)) throw unknownMethod(method)
    if (method === "initialize") return this.#initialize(params, exchange.signal)
    if (method === "ping") return empty
    if (method === "logging/setLevel") return this.#setLevel(params)
    if (method === "resources/subscribe") return this.#subscribe(uriOf(params))
    if (method === "resources/unsubscribe") return this.#unsubscribe(uriOf(params))
    const request = readLegacyRequest(message, this.client, this.#logLevel)
    return this.#handle(request, exchange)
  }

  #exchange(send: Send, signal: AbortSignal, large: Exchange["large"]): Exchange {
    return {
      signal,
      session: this,
      notify: ({ method, params }) => send(encodeNotification(method, params)),
      ask: (request, asked) =>
        this.#conversation.ask(request, this.client.capabilities, send, AbortSignal.any([signal, asked])),
      ...(large && { large }),
    }
  }

  async #initialize(params: RawObject, signal: AbortSignal): Promise<Answer> {
    this.client = introduced(params)
    const discovered = await this.#handle(this.#request("server/discover", noMembers), {
      signal,
      notify: () => {},
    })
    this.introduced = !discovered.error
    return discovered.error ? discovered : { result: this.#initializeResult(discovered.result) }
  }

  #initializeResult(discovered: RawObject): RawObject {
    const info = metaOf(discovered).get("io.modelcontextprotocol/serverInfo")
    const kept = withMembers(discovered, { supportedVersions: undefined, _meta: undefined })
    return new Map([
      ["protocolVersion", toRaw(this.client.revision)],
      ...(info ? [["serverInfo", info] as const] : []),
      ...kept,
    ])
  }

  #notice(method: string, params: RawObject): void {
    if (method === "notifications/cancelled") this.#conversation.cancel(cancelledId(params))
    if (method === "notifications/initialized") this.watchLists()
  }

  #setLevel(params: RawObject): Answer {
    const level = readLogLevel(params.get("level"))
    if (!level) throw new ProtocolError("invalid_params", "level must be one of the eight syslog levels.")
    this.#logLevel = level
    return empty
  }

  async #subscribe(uri: string): Promise<Answer> {
    this.#resources ??= new ResourceWatches(
      async (uri, signal) =>
        (await this.#listen({ resourceSubscriptions: [uri] }, signal)).has("resourceSubscriptions"),
      this.#closed.signal,
    )
    await this.#resources.subscribe(uri)
    return empty
  }

  #unsubscribe(uri: string): Answer {
    this.#resources?.unsubscribe(uri)
    return empty
  }

  #newTasks(): TaskWatches {
    return new TaskWatches(
      async (taskId, signal) => (await this.#listen({ taskIds: [taskId] }, signal)).has("taskIds"),
      this.#closed.signal,
    )
  }

  /** Opens a modern subscription on the client's behalf; answers what of it is honoured. */
  #listen(wanted: object, signal: AbortSignal): Promise<RawObject> {
    const { promise, resolve, reject } = Promise.withResolvers<RawObject>()
    const notify: Exchange["notify"] = (notification) => {
      const honoured = notification.params.get("notifications")
      if (notification.method !== acknowledged) this.tell(notification)
      else resolve(honoured ? readMembers(honoured) : noMembers)
    }
    const request = this.#request("subscriptions/listen", toRawObject({ notifications: wanted }))
    const ended = this.#handle(request, { signal, notify })
    ended.then(
      () => resolve(noMembers),
      (thrown: unknown) => {
        reject(thrown)
        this.#heedRefusal(thrown)
      },
    )
    return promise
  }

  #heedRefusal(thrown: unknown): void {
    if (thrown instanceof GatewayError && thrown.code === "unauthenticated") this.#side.refuse?.()
  }

  #request(method: string, params: RawObject): Request {
    return { method, params, meta: noMembers, client: this.client, progressToken: undefined, logLevel: undefined }
  }
}
