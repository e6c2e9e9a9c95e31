/**
 * The answer to one POST: plain JSON while the answer comes first, an event stream from the first message that must
 * go ahead of it, or once the answer is so late that a proxy might give up on a silent connection.
 */

import type { ServerResponse } from "node:http"
import { DeadlineWheel, type Place, type Timed } from "../deadline-wheel.ts"

/** Below the idle time-outs of common proxies, above the duration of nearly every call. */
const silenceMs = 10_000

/** Replies of which nothing has been heard yet. */
const silences = new DeadlineWheel()

/** What the reply turns into when it must stream. */
export type EventSink = { send(message: Buffer): void; end(): void }

export class HttpReply implements Timed {
  readonly #response: ServerResponse
  readonly #openStream: () => EventSink
  readonly #silence: Place | undefined
  #stream: EventSink | undefined

  /** @param openStream writes the head of an event stream to the response; undefined where the client takes none */
  constructor(response: ServerResponse, openStream: (() => EventSink) | undefined) {
    this.#response = response
    this.#openStream = openStream ?? (() => nowhere)
    if (openStream) this.#silence = silences.enter(this, performance.now() + silenceMs)
  }

  look(): undefined {
    this.stream()
  }

  /** Turns into an event stream now. */
  stream(): void {
    this.#stream ??= this.#openStream()
  }

  /** Sends a message ahead of the answer. A client that takes no streams does without, which `false` says. */
  readonly send = (message: Buffer): boolean => {
    this.#stream ??= this.#openStream()
    this.#stream.send(message)
    return this.#stream !== nowhere
  }

  /** @param answer undefined where nothing is answered: only notifications came, or the client cancelled */
  finish(answer: Buffer | undefined, status: number): void {
    if (this.#silence) silences.leave(this.#silence)
    if (this.#stream && this.#stream !== nowhere) return this.#finishStream(this.#stream, answer)
    if (this.#response.destroyed || this.#response.headersSent) return
    if (!answer) return void this.#response.writeHead(202).end()
    this.#response
      .writeHead(status, { "content-type": "application/json", "content-length": answer.length })
      .end(answer)
  }

  #finishStream(stream: EventSink, answer: Buffer | undefined): void {
    if (answer) stream.send(answer)
    stream.end()
  }
}

const nowhere: EventSink = { send: () => {}, end: () => {} }
