/**
 * The client's side of the old HTTP+SSE transport (2024-11-05): what the service says comes down one event stream, what
 * we say goes by POST to the endpoint that the stream names first. Posting in order: sse-outbox.ts. Reading events:
 * sse-parser.ts. The other side: sse-server.ts.
 */

import type { LookupFunction } from "node:net"
import { Pool, type Dispatcher } from "undici"
import { GatewayError } from "../../errors.ts"
import { Ending, peerClosed, type Channel } from "./channel.ts"
import { notReached } from "../not-reached.ts"
import { Outbox } from "./sse-outbox.ts"
import { createSseParser, type SseEvent, type SseParser } from "./sse-parser.ts"

type SseClientOptions = {
  readonly url: URL
  /** Sent with the stream's request and with every message. */
  readonly headers: Readonly<Record<string, string>>
  readonly maxMessageBytes: number
  /** From the first packet to the event that names the endpoint. */
  readonly connectTimeoutMs: number
  /** As of the outbox. */
  readonly patienceMs?: number
  /** Finds the addresses that are dialled, in place of the system's. */
  readonly lookup?: LookupFunction
}

/** One for the stream, the others for messages on their way. */
const connections = 17
/** After this long in silence the system probes whether the connection still stands. */
const keepAliveInitialDelay = 15_000

/**
 * @throws GatewayError `service_unavailable`, with detail `{ status }` where the service answered with another HTTP status
 *   than 200, `timeout`, `forbidden` for an endpoint on another origin, or `invalid` for a URL that cannot be used.
 */
export async function openSseChannel(options: SseClientOptions): Promise<Channel> {
  const channel = new SseChannel(options)
  const deadline = setTimeout(() => channel.end(tooLate(options.connectTimeoutMs)), options.connectTimeoutMs)
  try {
    await channel.connect()
    return channel
  } finally {
    clearTimeout(deadline)
  }
}

class SseChannel implements Channel {
  readonly #ending = new Ending()
  readonly #options: SseClientOptions
  readonly #pool: Pool
  readonly #parser: SseParser
  readonly #endpoint = Promise.withResolvers<undefined>()
  readonly #early: Buffer[] = []
  #body: Dispatcher.ResponseData["body"] | undefined
  #outbox: Outbox | undefined
  #onMessage: ((bytes: Buffer) => void) | undefined

  constructor(options: SseClientOptions) {
    this.#options = options
    this.#pool = openPool(options)
    this.#parser = createSseParser({
      maxEventBytes: options.maxMessageBytes,
      onEvent: (event) => this.#take(event),
    })
  }

  get closed(): Promise<GatewayError | undefined> {
    return this.#ending.closed
  }

  /** Settles when the endpoint is known. */
  async connect(): Promise<void> {
    void this.#openStream().catch((thrown: unknown) => this.end(notReached(thrown, "unsent")))
    const reason = await Promise.race([this.#endpoint.promise, this.closed])
    if (reason) throw reason
  }

  send(message: Buffer, onRefused?: (reason: GatewayError) => void): void {
    if (!this.#ending.ended) this.#outbox?.post(message, onRefused)
  }

  listen(onMessage: (bytes: Buffer) => void): void {
    this.#onMessage = onMessage
    this.#guard(() => this.#early.splice(0).forEach((message) => this.#give(message)))
    this.#body?.resume()
  }

  close(): void {
    this.end(undefined)
  }

  end(reason: GatewayError | undefined): void {
    if (!this.#ending.end(reason)) return
    this.#parser.end()
    this.#body?.destroy()
    this.#pool.destroy().catch(() => undefined)
  }

  async #openStream(): Promise<void> {
    const { url, headers } = this.#options
    const response = await this.#pool.request({
      method: "GET",
      path: url.pathname + url.search,
      headers: { ...headers, accept: "text/event-stream" },
      // A service may have nothing to say for hours.
      bodyTimeout: 0,
    })
    this.#body = response.body
    this.#body.on("error", (cause) => this.end(peerClosed(cause)))
    this.#body.on("end", () => this.end(peerClosed()))
    this.#body.on("close", () => this.end(peerClosed()))
    checkStream(response)
    this.#body.on("data", (chunk: Buffer) => this.#guard(() => this.#parser.push(chunk)))
  }

  #take({ event, data }: SseEvent): void {
    if (event === "endpoint") this.#learnEndpoint(data.toString())
    if (event !== "message" || data.length === 0) return
    if (this.#onMessage) this.#give(data)
    else if (this.#outbox) this.#early.push(data)
    else throw new GatewayError("service_unavailable", "The service sent a message before it named its endpoint.")
  }

  #learnEndpoint(named: string): void {
    if (this.#outbox) return
    const { url, headers, patienceMs } = this.#options
    const endpoint = resolveEndpoint(named, url)
    const onEnd = (reason: GatewayError | undefined): void => this.end(reason)
    this.#outbox = new Outbox({ pool: this.#pool, endpoint, headers, patienceMs, onEnd })
    // Nobody listens yet: what this chunk still holds goes to #early, the rest waits in the socket.
    this.#body?.pause()
    this.#endpoint.resolve(undefined)
  }

  #give(message: Buffer): void {
    if (!this.#ending.ended) this.#onMessage?.(message)
  }

  #guard(step: () => void): void {
    try {
      step()
    } catch (thrown) {
      this.end(GatewayError.from(thrown))
    }
  }
}

function openPool({ url, connectTimeoutMs, lookup }: SseClientOptions): Pool {
  const connect = { timeout: connectTimeoutMs, keepAliveInitialDelay, ...(lookup && { lookup }) }
  try {
    return new Pool(url.origin, { connections, connect })
  } catch (cause) {
    throw new GatewayError("invalid", "The service's URL cannot be used; give one of http: or https:.", { cause })
  }
}

function checkStream({ statusCode, headers }: Dispatcher.ResponseData): void {
  const type = String(headers["content-type"] ?? "none")
  if (statusCode === 200 && /^text\/event-stream\s*(;|$)/i.test(type)) return
  const answered = statusCode === 200 ? `content of type ${type.slice(0, 80)}` : statusCode
  throw new GatewayError(
    "service_unavailable",
    `The service answered ${answered} instead of opening an event stream.`,
    {
      detail: { status: statusCode },
    },
  )
}

/** Our headers go to the endpoint, credentials included: only to where they were meant for. */
function resolveEndpoint(named: string, url: URL): URL {
  const endpoint = URL.parse(named, url.href)
  if (endpoint?.origin === url.origin) return endpoint
  throw new GatewayError("forbidden", "The service named an endpoint on another origin; nothing is sent there.")
}

function tooLate(connectTimeoutMs: number): GatewayError {
  return new GatewayError("timeout", `The service named no endpoint within ${connectTimeoutMs} ms.`)
}
