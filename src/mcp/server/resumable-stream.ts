/**
 * One server-sent event stream of a legacy session that outlives its connection: each message is kept for a while
 * under an id, so that a client which lost the connection asks for the rest with `Last-Event-ID`.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#resumability-and-redelivery
 */

import type { ServerResponse } from "node:http"
import { GatewayError } from "../../errors.ts"
import { startEventStream, writeEvent, type StreamFollower } from "../channels/sse-writer.ts"
import { readOutline } from "../outline.ts"
import { encodeAnswer, toRpcError } from "../wire.ts"

/** How long a client should wait before it reconnects. */
const retryMs = 1_000
const openingBracket = 0x5b
/** Deeper than anything that is let through. */
const maxDepth = 512

export type StreamLimits = { readonly maxEvents: number; readonly maxBytes: number }

export class ResumableStream implements StreamFollower {
  readonly id: string
  readonly #limits: StreamLimits
  readonly #kept: { readonly seq: number; readonly data: Buffer }[] = []
  #keptBytes = 0
  #lastSeq = 0
  #sentSeq = 0
  #response: ServerResponse | undefined
  #ended = false

  constructor(id: string, limits: StreamLimits) {
    this.id = id
    this.#limits = limits
  }

  get attached(): boolean {
    return this.#response !== undefined
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Whether some response has carried all of it. */
  get sentAll(): boolean {
    return this.#sentSeq === this.#lastSeq
  }

  /**
   * Sends through this response from now on, beginning with what was kept after `afterSeq`; without it, with what no
   * response has carried yet.
   */
  attach(
    response: ServerResponse,
    { afterSeq = this.#sentSeq, primed }: { readonly afterSeq?: number | undefined; readonly primed: boolean },
  ): void {
    // Its close has been told already: it would count as attached for ever.
    if (response.destroyed) return
    this.#response?.end()
    this.#response = response
    startEventStream(response, this)
    if (primed) writeEvent(response, { id: this.#eventId(afterSeq), retry: retryMs, data: Buffer.alloc(0) })
    for (const { seq, data } of this.#kept) {
      if (seq > afterSeq && data.length > 0)
        writeEvent(response, { id: this.#eventId(seq), event: "message", data })
    }
    this.#sentSeq = this.#lastSeq
    if (this.#ended) response.end()
  }

  onClosed(response: ServerResponse): void {
    if (this.#response === response) this.#response = undefined
  }

  send(data: Buffer): void {
    this.#keep(data)
    if (!this.#response) return
    if (writeEvent(this.#response, { id: this.#eventId(this.#lastSeq), event: "message", data }))
      this.#sentSeq = this.#lastSeq
  }

  /** Nothing follows; what was kept can still be asked for. */
  end(): void {
    this.#ended = true
    this.#response?.end()
    this.#response = undefined
  }

  #keep(data: Buffer): void {
    const kept = data.length > this.#limits.maxBytes ? instead(data, this.#limits.maxBytes) : data
    this.#kept.push({ seq: ++this.#lastSeq, data: kept })
    this.#keptBytes += kept.length
    while (this.#kept.length > this.#limits.maxEvents || this.#keptBytes > this.#limits.maxBytes) {
      this.#keptBytes -= this.#kept.shift()?.data.length ?? 0
    }
  }

  #eventId(seq: number): string {
    return `${this.id}_${seq}`
  }
}

/** The stream and the place in it that an event id names. */
export function readEventId(text: string): { readonly stream: string; readonly seq: number } | undefined {
  const [, stream, seq] = /^([0-9a-z]{1,24})_(\d{1,15})$/.exec(text) ?? []
  return stream === undefined ? undefined : { stream, seq: Number(seq) }
}

/** For a client that comes back for what is larger than all that is kept: it must not wait for that. */
function instead(data: Buffer, maxBytes: number): Buffer {
  if (data[0] === openingBracket) return Buffer.alloc(0)
  const message = readOutline(data, { maxDepth })
  if (message.kind === "request" || message.kind === "notification") return Buffer.alloc(0)
  const text = `The answer is larger than the ${maxBytes} bytes kept for clients that reconnect (limits.streamBytes).`
  return encodeAnswer(message.id, { error: toRpcError(new GatewayError("too_large", text)) })
}
