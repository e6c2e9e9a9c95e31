/**
 * The answer to one POST: plain JSON while the answer comes first, an event stream from the first message that must
 * go ahead of it, or once the answer is so late that a proxy might give up on a silent connection. One with large
 * members begins before it is complete: large-reply.ts.
 */

import type { ServerResponse } from "node:http"
import { LargeReply } from "./large-reply.ts"
import { DeadlineWheel, type Place, type Timed } from "../deadline-wheel.ts"
import type { Answer } from "../message.ts"
import type { RawJson } from "../raw-json.ts"
import { atTurnEnd } from "../turn-end.ts"
import { joined, type Bytes } from "../wire.ts"

/** Below the idle time-outs of common proxies, above the duration of nearly every call. */
const silenceMs = 10_000

/** To copy so much costs less than to hand its pieces over one by one. */
const smallBytes = 16 * 1024

/** Replies of which nothing has been heard yet. */
const silences = new DeadlineWheel()

/** What the reply turns into when it must stream. */
export type EventSink = { send(message: Buffer): void; end(): void }

export class HttpReply implements Timed {
  readonly #response: ServerResponse
  readonly #openStream: () => EventSink
  readonly #silence: Place | undefined
  #stream: EventSink | undefined
  #large: LargeReply | undefined
  /** Its answer was given, and goes out at the end of this turn. */
  #finished = false

  /** @param openStream writes the head of an event stream to the response; undefined where the client takes none */
  constructor(response: ServerResponse, openStream: (() => EventSink) | undefined) {
    this.#response = response
    this.#openStream = openStream ?? (() => nowhere)
    if (openStream) this.#silence = silences.enter(this, performance.now() + silenceMs)
  }

  look(): undefined {
    this.stream()
  }

  /** Turns into an event stream now, unless the answer has begun. */
  stream(): void {
    if (!this.hasBegun && !this.#finished) this.#stream ??= this.#openStream()
  }

  /** Lets large members of the answer go ahead; undefined where it goes out whole. */
  openLarge(id: RawJson): LargeReply | undefined {
    const { destroyed, headersSent, req } = this.#response
    // What HTTP/1.0 gets in parts could be cut without being noticed.
    if (this.#stream || destroyed || headersSent || req.httpVersion === "1.0") return undefined
    return (this.#large = new LargeReply(this.#response, id))
  }

  /** Whether a part of the answer has gone ahead. */
  get hasBegun(): boolean {
    return this.#large?.hasBegun === true
  }

  /** The bytes that are left to be sent then; undefined where what has begun cannot be made whole. */
  restOf(answer: Answer): Bytes | undefined {
    return this.#large?.restOf(answer)
  }

  /** Sends a message ahead of the answer, if that is still to come and the client takes streams; `false` where not. */
  readonly send = (message: Buffer): boolean => {
    if (this.hasBegun || this.#finished) return false
    this.#stream ??= this.#openStream()
    this.#stream.send(message)
    return this.#stream !== nowhere
  }

  /**
   * @param answer undefined where nothing is answered: only notifications came, the client cancelled, or what has begun
   *   cannot be made whole
   */
  finish(answer: Bytes | undefined, status: number): void {
    if (this.#silence) silences.leave(this.#silence)
    this.#finished = true
    if (this.hasBegun) return this.#large?.finish(answer)
    if (this.#stream && this.#stream !== nowhere) return this.#finishStream(this.#stream, answer)
    atTurnEnd(() => this.#write(answer, status))
  }

  #write(answer: Bytes | undefined, status: number): void {
    if (this.#response.destroyed || this.#response.headersSent) return
    if (!answer) return void this.#response.writeHead(202).end()
    if (!Buffer.isBuffer(answer)) return this.#writePieces(answer, status)
    this.#writeHead(status, answer.length).end(answer)
  }

  #writePieces(pieces: readonly Buffer[], status: number): void {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0)
    if (length <= smallBytes) return void this.#writeHead(status, length).end(joined(pieces))
    const response = this.#writeHead(status, length)
    response.cork()
    for (const piece of pieces) response.write(piece)
    response.end()
  }

  #writeHead(status: number, length: number): ServerResponse {
    return this.#response.writeHead(status, { "content-type": "application/json", "content-length": length })
  }

  #finishStream(stream: EventSink, answer: Bytes | undefined): void {
    if (answer) stream.send(joined(answer))
    stream.end()
  }
}

const nowhere: EventSink = { send: () => {}, end: () => {} }
