/**
 * Those who must not notice: a principal of its own calls healthy services at a steady rate, both eras over HTTP and a
 * program over stdio, and each answer must be the right one. They are called from a thread of their own
 * (neighbours-thread.ts), so that what this process does to itself is not taken for harm.
 */

import { once } from "node:events"
import { Worker } from "node:worker_threads"

/** In ms. */
export type Latencies = {
  readonly calls: number
  readonly medianMs: number
  readonly p99Ms: number
  readonly worstMs: number
}

/** A sentence for each call that was not answered as it should, beside how long they took. */
export type Fared = Latencies & { readonly failures: readonly string[] }

export type NeighbourOptions = { readonly url: string; readonly key: string; readonly callsPerSecond: number }

/** `begin`, `look`: how they fared since the last of these. `stop`: since `begin`, once the open calls are answered. */
export type NeighbourQuestion = "begin" | "look" | "stop"

export class Neighbours {
  readonly #thread: Worker
  #stopped: Promise<Fared> | undefined

  private constructor(thread: Worker) {
    this.#thread = thread
  }

  /** Resolves when each of the healthy services has answered once. */
  static async start(options: NeighbourOptions): Promise<Neighbours> {
    const thread = new Worker(new URL("./neighbours-thread.ts", import.meta.url), { workerData: options })
    await once(thread, "message")
    return new Neighbours(thread)
  }

  begin(): Promise<Fared> {
    return this.#ask("begin")
  }

  look(): Promise<Fared> {
    return this.#ask("look")
  }

  stop(): Promise<Fared> {
    this.#stopped ??= this.#ask("stop").finally(() => void this.#thread.terminate())
    return this.#stopped
  }

  async #ask(question: NeighbourQuestion): Promise<Fared> {
    this.#thread.postMessage(question, [])
    const [fared] = (await once(this.#thread, "message")) as [Fared]
    return fared
  }
}
