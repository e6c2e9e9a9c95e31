/**
 * A bad network between two good parties: a TCP proxy on a port of its own, whose toxics can be changed on connections
 * that stand. What toxics there are: toxics.ts. How a direction runs: lane.ts.
 */

import { once } from "node:events"
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net"
import { FaultyLane, resetSocket } from "./lane.ts"
import { vanish, type Toxic } from "./toxics.ts"

export type Toxics = {
  /** From whoever connects. */
  readonly up?: readonly Toxic[]
  /** To whoever connects. */
  readonly down?: readonly Toxic[]
}

export type Faultd = {
  readonly port: number
  /** Connections that stand. */
  readonly open: number
  /** Connections that were ever made. */
  readonly accepted: number
  /** For all connections, those that stand too; without any, bytes pass as they are. */
  set(toxics: Toxics): void
  /** RST for all that stand. */
  cut(): void
  /** Those that stand are half-open for good: each side believes in them, and nothing passes. New ones are fine. */
  lose(): void
  /** By turns, each so long, every connection is reset and none is. */
  flap(everyMs: number): void
  /** New connections are refused from now on. */
  refuse(): Promise<void>
  /** They are taken again, on the same port, and no more flapping. */
  accept(): Promise<void>
  close(): Promise<void>
}

export async function startFaultd(target: number): Promise<Faultd> {
  const faultd = new FaultProxy(target)
  await faultd.accept()
  return faultd
}

type Connection = {
  readonly near: Socket
  readonly far: Socket
  readonly up: FaultyLane
  readonly down: FaultyLane
}

class FaultProxy implements Faultd {
  port = 0
  accepted = 0
  readonly #target: number
  readonly #connections = new Set<Connection>()
  readonly #lost = new Set<Connection>()
  #server: Server | undefined
  #toxics: Toxics = {}
  #flapping: NodeJS.Timeout | undefined
  #isAway = false

  constructor(target: number) {
    this.#target = target
  }

  get open(): number {
    return this.#connections.size
  }

  set(toxics: Toxics): void {
    this.#toxics = toxics
    for (const { up, down } of this.#connections) {
      up.toxics = toxics.up ?? []
      down.toxics = toxics.down ?? []
    }
  }

  cut(): void {
    for (const { up } of this.#connections) up.reset()
  }

  lose(): void {
    for (const connection of this.#connections) {
      connection.up.toxics = connection.down.toxics = [vanish]
      this.#lost.add(connection)
    }
    this.#connections.clear()
  }

  flap(everyMs: number): void {
    const turn = (): void => {
      this.#isAway = !this.#isAway
      if (this.#isAway) this.cut()
    }
    turn()
    this.#flapping = setInterval(turn, everyMs)
  }

  async refuse(): Promise<void> {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    const closed = once(server, "close")
    server.close()
    this.cut()
    for (const { up } of this.#lost) up.reset()
    await closed
  }

  async accept(): Promise<void> {
    clearInterval(this.#flapping)
    this.#isAway = false
    if (this.#server) return
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => this.#join(near))
    this.#server = server
    server.listen(this.port, "127.0.0.1")
    await once(server, "listening")
    this.port = (server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    clearInterval(this.#flapping)
    await this.refuse()
  }

  #join(near: Socket): void {
    this.accepted += 1
    if (this.#isAway) return resetSocket(near)
    const far = connect({ port: this.#target, host: "127.0.0.1", allowHalfOpen: true, noDelay: true })
    const { up = [], down = [] } = this.#toxics
    const connection = { near, far, up: new FaultyLane(near, far, up), down: new FaultyLane(far, near, down) }
    this.#connections.add(connection)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      socket.on("error", () => resetSocket(other))
      socket.once("close", () => {
        if (near.destroyed && far.destroyed) this.#connections.delete(connection)
      })
    }
  }
}
