/**
 * HTTP requests to one service over its own connections. What the requests hold and what the answers mean is left to
 * http-legacy-carrier.ts and http-modern-carrier.ts. Nothing of any client of ours reaches this file: the headers are
 * those of the service's definition and of the protocol.
 */

import type { IncomingHttpHeaders } from "node:http"
import type { LookupFunction } from "node:net"
import type { Dispatcher, Pool } from "undici"
import { GatewayError } from "../../errors.ts"
import { DispatchPool } from "./dispatch-pool.ts"
import { notReached } from "../not-reached.ts"
import type { Flow, ResponseHead } from "./response-head.ts"
import { atTurnEnd } from "../turn-end.ts"

export type HttpTarget = {
  /** `http:`, `https:`, or `unix:///path/to.sock:/mcp`. */
  readonly url: string
  /** From the service's definition: its credential, mostly. */
  readonly headers?: Readonly<Record<string, string>>
  /** How many calls may be open at once; further ones wait. */
  readonly connections?: number
  /** Finds the addresses that are dialled, in place of the system's. What stands in the url itself is not looked up. */
  readonly lookup?: LookupFunction
}

/** Names and values in turn. */
export type HeaderList = readonly string[]

export type HttpRequest = {
  readonly method: "POST" | "GET" | "DELETE"
  readonly headers: HeaderList
  readonly body?: Buffer
  /**
   * Calls share a bounded number of connections. What calls wait for, and what may stay open for hours, goes past
   * them, or an answer to a service's question could queue behind the call that waits for it.
   */
  readonly lane: "calls" | "aside"
}

/** Reads one response. What its methods throw ends the response and is handed to `fail`. */
export interface ResponseReader {
  /** @param flow of the body: it may be made to wait */
  head(head: ResponseHead, flow: Flow): void
  data(chunk: Buffer): void
  end(): void
  fail(error: GatewayError): void
}

export interface Sending {
  /** Ends it at once; the reader hears nothing more. */
  abort(): void
  /** Lets the response end by itself, but not for long; the reader hears nothing more. */
  finish(): void
}

const defaultConnections = 64
const connectMs = 10_000
const lingerMs = 1_000

export class HttpClient {
  readonly #lanes: Readonly<Record<HttpRequest["lane"], DispatchPool>>
  readonly #path: string
  readonly #headers: Readonly<Record<string, string>>

  constructor({ url, headers = {}, connections = defaultConnections, lookup }: HttpTarget) {
    const { origin, path, socketPath } = readAddress(url)
    const options: Pool.Options = {
      allowH2: false,
      connect: { timeout: connectMs, ...(lookup && { lookup }) },
      headersTimeout: 0,
      bodyTimeout: 0,
      ...(socketPath !== undefined && { socketPath }),
    }
    this.#lanes = {
      calls: new DispatchPool(origin, { ...options, connections }),
      aside: new DispatchPool(origin, options),
    }
    this.#path = path
    this.#headers = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  }

  send({ method, headers, body, lane }: HttpRequest, reader: ResponseReader): Sending {
    const response = new ResponseHandler(reader)
    // undici only reads the headers.
    const request = { path: this.#path, method, headers: headers as string[], body: body ?? null }
    atTurnEnd(() => this.#lanes[lane].dispatch(request, response))
    return response
  }

  /** With those of the service's definition, which never stand in for one of the protocol. */
  headersOf(headers: Readonly<Record<string, string>>): HeaderList {
    return Object.entries({ ...this.#headers, ...headers }).flat()
  }

  /** Cuts what is still open. */
  async close(): Promise<void> {
    await Promise.all(Object.values(this.#lanes).map((pool) => pool.destroy()))
  }
}

/** @throws GatewayError `invalid` */
function readAddress(url: string): { origin: string; path: string; socketPath?: string } {
  const unix = /^unix:\/\/(\/[^:]+):(\/.*)$/.exec(url)
  if (unix?.[1] && unix[2]) return { origin: "http://localhost", path: unix[2], socketPath: unix[1] }
  const parsed = URL.parse(url)
  if (parsed && /^https?:$/.test(parsed.protocol))
    return { origin: parsed.origin, path: parsed.pathname + parsed.search }
  throw new GatewayError(
    "invalid",
    "A service's url must begin with http:// or https://, or be unix:///path/to.sock:/path.",
  )
}

class ResponseHandler implements Dispatcher.DispatchHandler, Sending, Flow {
  #reader: ResponseReader | undefined
  #controller: Dispatcher.DispatchController | undefined
  #linger: NodeJS.Timeout | undefined
  #aborted = false
  #ended = false

  constructor(reader: ResponseReader) {
    this.#reader = reader
  }

  abort(): void {
    this.#reader = undefined
    this.#aborted = true
    if (!this.#ended) this.#controller?.abort(new GatewayError("invalid", "The gateway ended the request."))
  }

  finish(): void {
    this.#reader = undefined
    if (!this.#ended) this.#linger ??= setTimeout(() => this.abort(), lingerMs)
  }

  pause(): void {
    if (!this.#ended) this.#controller?.pause()
  }

  resume(): void {
    if (!this.#ended) this.#controller?.resume()
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#aborted) this.abort()
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status >= 200) this.#reader?.head({ status, headers }, this)
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#reader?.data(chunk)
  }

  onResponseEnd(): void {
    this.#end()
    try {
      this.#reader?.end()
    } catch (thrown) {
      this.#reader?.fail(GatewayError.from(thrown))
    }
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    this.#end()
    const sent = this.#controller !== undefined
    this.#reader?.fail(notReached(error, sent ? "sent" : "unsent"))
  }

  #end(): void {
    this.#ended = true
    clearTimeout(this.#linger)
  }
}
