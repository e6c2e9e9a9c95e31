/** The main thread's end of the reading thread: questions go out, answers come back in time, or the thread is replaced. */

import type { Worker } from "node:worker_threads"
import { errorTable, GatewayError, type ErrorCode } from "../../../errors.ts"
import type { Answered, Asked, FromReader, Question, ReaderPlace, Refusal, ToReader } from "./reader-answers.ts"
import { startThread } from "../start-thread.ts"

type Waiting = { readonly settle: (reply: FromReader) => void; readonly refuse: (error: GatewayError) => void }

export class ReaderLink {
  readonly #place: ReaderPlace
  readonly #deadlineMs: number
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #lastAsk = 0
  #closed = false

  constructor(place: ReaderPlace, deadlineMs: number) {
    this.#place = place
    this.#deadlineMs = deadlineMs
  }

  /** @throws GatewayError what the thread refuses with; `timeout`; `internal` where the log cannot be read */
  ask<Q extends Question>(question: Q, asked: Asked<Q>): Promise<Answered<Q>> {
    if (this.#closed) return Promise.reject(unreadable("it was closed"))
    const { promise, resolve, reject } = Promise.withResolvers<Answered<Q>>()
    const ask = (this.#lastAsk += 1)
    const timer = setTimeout(() => this.#giveUp(ask), this.#deadlineMs)
    const done = (): void => {
      clearTimeout(timer)
      this.#waiting.delete(ask)
    }
    const settle = (reply: FromReader): void => {
      done()
      if ("answer" in reply) resolve(reply.answer as Answered<Q>)
      else reject(fromRefusal(reply.refusal))
    }
    this.#waiting.set(ask, { settle, refuse: (error) => (done(), reject(error)) })
    this.#open().postMessage({ ask, question, asked } satisfies ToReader, [])
    return promise
  }

  async close(): Promise<void> {
    this.#closed = true
    const worker = this.#worker
    if (worker === undefined) return
    const ended = new Promise<void>((resolve) => void worker.once("exit", () => resolve()))
    worker.postMessage("close", [])
    await ended
  }

  /** What it is at cannot be interrupted, and those that wait behind it have waited as long or will. */
  #giveUp(ask: number): void {
    const message = `The audit log was not read in ${this.#deadlineMs} ms; ask for less at once, or again later.`
    this.#waiting.get(ask)?.refuse(new GatewayError("timeout", message))
    this.#drop(unreadable("its reader took too long and was replaced"))
  }

  #open(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = startThread({
      file: "reader-thread",
      from: import.meta.url,
      name: "audit-reader",
      workerData: this.#place,
    })
    worker.on("message", (reply: FromReader) => this.#waiting.get(reply.ask)?.settle(reply))
    worker.on("error", (cause: unknown) => this.#lose(worker, unreadable("its reader failed", cause)))
    worker.on("exit", () => this.#lose(worker, unreadable("its reader ended")))
    this.#worker = worker
    return worker
  }

  #lose(worker: Worker, error: GatewayError): void {
    if (this.#worker === worker) this.#drop(error)
  }

  #drop(error: GatewayError): void {
    void this.#worker?.terminate()
    this.#worker = undefined
    for (const { refuse } of this.#waiting.values()) refuse(error)
  }
}

function fromRefusal({ code, message, detail, operation }: Refusal): GatewayError {
  if (!Object.hasOwn(errorTable, code) || (code === "internal" && operation === undefined)) {
    return unreadable("its reader failed", new Error(message))
  }
  const next = operation === undefined ? {} : { next: { operation } }
  return new GatewayError(code as ErrorCode, message, { detail, ...next })
}

export function unreadable(why: string, cause?: unknown): GatewayError {
  return new GatewayError(
    "internal",
    `The audit log cannot be read now: ${why}. The gateway's log has the cause.`,
    { cause },
  )
}
