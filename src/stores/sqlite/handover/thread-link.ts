/** The main thread's end of the writing thread: batches go out, requests are answered, an end of the thread is told. */

import type { Worker } from "node:worker_threads"
import type { DatabaseTrouble } from "../log/database-trouble.ts"
import type { FromThread, Request, ThreadHead, ThreadStart, ToThread } from "./thread-messages.ts"
import { startThread } from "../start-thread.ts"

export type Answer = { readonly value: number; readonly head?: ThreadHead }

export type ThreadEvents = {
  recorded(batch: number, head: ThreadHead): void
  trouble(trouble: DatabaseTrouble): void
  /** The thread has ended without having been asked to. */
  lost(cause: string): void
}

/** Why a request was not done. */
export class RequestFailed extends Error {
  readonly trouble: DatabaseTrouble

  constructor(trouble: DatabaseTrouble) {
    super(trouble.reason)
    this.trouble = trouble
  }
}

export class ThreadLink {
  readonly #worker: Worker
  readonly #events: ThreadEvents
  readonly #asked = new Map<number, PromiseWithResolvers<Answer>>()
  readonly #exited = Promise.withResolvers<void>()
  #lastAsk = 0
  #cause = "it ended"
  #closing = false
  #hasEnded = false

  constructor(start: ThreadStart, events: ThreadEvents) {
    this.#events = events
    this.#worker = startThread({
      file: "../log/writer-thread",
      from: import.meta.url,
      name: "audit",
      workerData: start,
    })
    this.#worker.on("message", (message: FromThread) => this.#receive(message))
    this.#worker.on("error", (error: unknown) => (this.#cause = String(error)))
    this.#worker.on("exit", () => this.#end())
  }

  send(batch: number, frame: ArrayBuffer): void {
    this.#post({ type: "batch", batch, frame }, [frame])
  }

  /** Rejects with `RequestFailed`. */
  ask(request: Request): Promise<Answer> {
    if (this.#hasEnded) return Promise.reject(this.#ending())
    this.#lastAsk += 1
    this.#closing ||= request.type === "close"
    const answered = Promise.withResolvers<Answer>()
    this.#asked.set(this.#lastAsk, answered)
    this.#post({ type: "ask", ask: this.#lastAsk, request })
    return answered.promise
  }

  /** Waits for the end of a thread that was asked to close, but not for ever. */
  async ended(withinMs: number): Promise<void> {
    const timer = setTimeout(() => void this.#worker.terminate(), withinMs)
    await this.#exited.promise
    clearTimeout(timer)
  }

  #post(message: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer)
  }

  #receive(message: FromThread): void {
    if (message.type === "recorded") this.#events.recorded(message.batch, message.head)
    else if (message.type === "trouble") this.#events.trouble(message.trouble)
    else if (message.type === "answer") this.#take(message.ask)?.resolve(message)
    else this.#take(message.ask)?.reject(new RequestFailed(message.trouble))
  }

  #take(ask: number): PromiseWithResolvers<Answer> | undefined {
    const answered = this.#asked.get(ask)
    this.#asked.delete(ask)
    return answered
  }

  #end(): void {
    this.#hasEnded = true
    for (const ask of this.#asked.keys()) this.#take(ask)?.reject(this.#ending())
    this.#exited.resolve()
    if (!this.#closing) this.#events.lost(this.#cause)
  }

  #ending(): RequestFailed {
    const reason = "the thread that writes it ended"
    return new RequestFailed({ reason, syncFailed: false, passing: false, cause: this.#cause })
  }
}
