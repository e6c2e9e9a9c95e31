/**
 * The connections of a door: how many there may be, in all and from one source, and an end for those whose clients do not
 * read (slow-readers.ts). One too many is not left without a word: a few are taken to be told so, and those who ask after
 * the gateway's health are answered there too; the rest is closed at once.
 */

import type { IncomingMessage, Server } from "node:http"
import type { Socket } from "node:net"
import { GatewayError } from "../../errors.ts"
import type { Shedding } from "./shedding.ts"
import { SlowReaders, type SlowReaderLimits } from "./slow-readers.ts"
import { SourceCounts } from "./source-counts.ts"

type ConnectionLimits = SlowReaderLimits & {
  readonly connections: number
  readonly connectionsPerSource: number
}

export type DoorConnectionsOptions = {
  readonly limits: ConnectionLimits
  readonly trustedProxies: readonly string[]
  readonly shedding: Shedding
  /** Told of each that was refused. Must not throw. */
  readonly onRefused: (address: string, thrown: GatewayError) => void
}

/** Connections that are only told why they are refused; as many again for those over the limit of their source. */
const maxTold = 32
const toldMs = 5_000
const lookMs = 1_000

type Told = { readonly socket: Socket; readonly error: GatewayError; readonly untilMs: number }

export class DoorConnections {
  readonly #options: DoorConnectionsOptions
  readonly #sources: SourceCounts
  readonly #slow: SlowReaders
  /** Each by the source that it is counted under; what TLS makes of one is not counted again. */
  readonly #open = new Map<Socket, string | undefined>()
  /** By the address and port of the other side, since TLS has another socket for it. */
  readonly #told = { all: new Map<string, Told>(), source: new Map<string, Told>() }
  readonly #timer: NodeJS.Timeout
  /** One for all of them: thousands may be open. */
  readonly #onClose: (this: Socket) => void
  #count = 0

  constructor(options: DoorConnectionsOptions) {
    const { limits, shedding, trustedProxies } = options
    const leave = (socket: Socket): void => this.#leave(socket)
    this.#onClose = function () {
      leave(this)
    }
    this.#options = options
    this.#sources = new SourceCounts(limits.connectionsPerSource, trustedProxies)
    this.#slow = new SlowReaders(limits, () => shedding.count("slowReaders"))
    this.#timer = setInterval(() => this.#look(performance.now()), Math.min(lookMs, limits.stallMs / 4)).unref()
  }

  /** Stands before the server: what it lets through reaches the server as before. */
  guard(server: Server): void {
    const accepted = server.listeners("connection")
    server.removeAllListeners("connection")
    server.on("connection", (socket: Socket) => {
      if (this.#takes(socket)) for (const accept of accepted) Reflect.apply(accept, server, [socket])
      else socket.destroy()
    })
    server.on("secureConnection", (socket: Socket) => this.#watch(socket, undefined))
  }

  /** Why the connection of a request is one too many; undefined where there was room. */
  refusalOf({ socket }: IncomingMessage): GatewayError | undefined {
    const { all, source } = this.#told
    if (all.size + source.size === 0) return undefined
    const name = nameOf(socket)
    return (all.get(name) ?? source.get(name))?.error
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #takes(socket: Socket): boolean {
    const { limits, shedding } = this.#options
    if (shedding.level >= 3) return this.#tell(socket, this.#told.all, shedding.refusal("connections"))
    if (this.#count >= limits.connections) return this.#tell(socket, this.#told.all, this.#full("connections"))
    const source = this.#sources.enter(socket.remoteAddress)
    if (source === undefined) return this.#tell(socket, this.#told.source, this.#full("connectionsPerSource"))
    this.#count += 1
    this.#watch(socket, source)
    return true
  }

  #full(limit: "connections" | "connectionsPerSource"): GatewayError {
    const { limits, shedding } = this.#options
    shedding.count("connections")
    const whose = limit === "connections" ? "" : " from your address"
    const text = `${limits[limit]} connections${whose} are open already (limits.${limit}); close some, or try again later.`
    return new GatewayError("overloaded", text, { detail: { limit: `limits.${limit}` }, retryAfterMs: 1_000 })
  }

  #tell(socket: Socket, told: Map<string, Told>, error: GatewayError): boolean {
    this.#options.onRefused(socket.remoteAddress ?? "unknown", error)
    if (told.size >= maxTold) return false
    const name = nameOf(socket)
    told.set(name, { socket, error, untilMs: performance.now() + toldMs })
    socket.once("close", () => {
      // The port may be another one's already.
      if (told.get(name)?.socket === socket) told.delete(name)
    })
    return true
  }

  #watch(socket: Socket, source: string | undefined): void {
    this.#open.set(socket, source)
    socket.on("close", this.#onClose)
  }

  #leave(socket: Socket): void {
    const source = this.#open.get(socket)
    this.#open.delete(socket)
    if (source === undefined) return
    this.#count -= 1
    this.#sources.leave(source)
  }

  #look(nowMs: number): void {
    this.#slow.look(this.#open.keys(), nowMs)
    for (const told of Object.values(this.#told))
      for (const { socket, untilMs } of told.values()) if (untilMs <= nowMs) socket.destroy()
  }
}

function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
