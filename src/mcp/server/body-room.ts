/**
 * The room for large bodies: what they hold of memory while they arrive and are worked on, all clients together, and of
 * that what one principal may take, so that others find some.
 */

import type { ServerResponse } from "node:http"
import { GatewayError } from "../../errors.ts"

/** A body that is held until its response is closed. */
export type Held = {
  readonly room: BodyRoom
  readonly principal: string
  readonly until: ServerResponse
}

export type RoomLimits = {
  /** Of all clients together, and of one principal. */
  readonly heldBytes: number
  readonly heldBytesPerPrincipal: number
}

export class BodyRoom {
  readonly #limits: RoomLimits
  readonly #own = new Map<string, number>()
  #heldBytes = 0

  constructor(limits: RoomLimits) {
    this.#limits = limits
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** @throws GatewayError `overloaded`; it holds nothing then */
  take(principal: string, bytes: number): void {
    const { heldBytes, heldBytesPerPrincipal } = this.#limits
    const own = (this.#own.get(principal) ?? 0) + bytes
    if (own > heldBytesPerPrincipal) throw ownFull(heldBytesPerPrincipal)
    if (this.#heldBytes + bytes > heldBytes) throw full(heldBytes)
    this.#own.set(principal, own)
    this.#heldBytes += bytes
  }

  give(principal: string, bytes: number): void {
    const own = (this.#own.get(principal) ?? 0) - bytes
    if (own > 0) this.#own.set(principal, own)
    else this.#own.delete(principal)
    this.#heldBytes -= bytes
  }

  /** That of one principal, for what comes on a pipe. */
  of(principal: string): { take(bytes: number): void; give(bytes: number): void } {
    return { take: (bytes) => this.take(principal, bytes), give: (bytes) => this.give(principal, bytes) }
  }
}

/** @returns holds that many more bytes @throws GatewayError `overloaded` */
export function holdFor({ room, principal, until }: Held): (bytes: number) => void {
  let held = 0
  until.once("close", () => room.give(principal, held))
  return (bytes) => {
    if (until.destroyed) return
    room.take(principal, bytes)
    held += bytes
  }
}

function full(maxBytes: number): GatewayError {
  const text = `Large requests hold ${maxBytes} bytes already (limits.heldBytes); try again soon.`
  return new GatewayError("overloaded", text, { detail: { limit: "limits.heldBytes" }, retryAfterMs: 1_000 })
}

function ownFull(maxBytes: number): GatewayError {
  const limit = "limits.heldBytesPerPrincipal"
  const text = `Your large requests may hold ${maxBytes} bytes at once (${limit}); wait until one is answered.`
  return new GatewayError("overloaded", text, { detail: { limit }, retryAfterMs: 1_000 })
}
