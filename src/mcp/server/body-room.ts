/** The room for large bodies of all clients together: what they hold of memory while they arrive and are worked on. */

import type { ServerResponse } from "node:http"
import { GatewayError } from "../../errors.ts"

/** A body that is held until its response is closed. */
export type Held = {
  readonly room: BodyRoom
  readonly until: ServerResponse
}

export class BodyRoom {
  readonly #maxBytes: number
  #heldBytes = 0

  /** @param maxBytes `limits.heldBytes` */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** @throws GatewayError `overloaded`; it holds nothing then */
  take(bytes: number): void {
    if (this.#heldBytes + bytes > this.#maxBytes) throw full(this.#maxBytes)
    this.#heldBytes += bytes
  }

  give(bytes: number): void {
    this.#heldBytes -= bytes
  }
}

/** @returns holds that many more bytes @throws GatewayError `overloaded` */
export function holdFor({ room, until }: Held): (bytes: number) => void {
  let held = 0
  until.once("close", () => room.give(held))
  return (bytes) => {
    if (until.destroyed) return
    room.take(bytes)
    held += bytes
  }
}

function full(maxBytes: number): GatewayError {
  const text = `Large requests hold ${maxBytes} bytes already (limits.heldBytes); try again soon.`
  return new GatewayError("overloaded", text, { detail: { limit: "limits.heldBytes" }, retryAfterMs: 1_000 })
}
