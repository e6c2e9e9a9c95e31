/**
 * Keeps a thread that can write the log: in trouble it lets that one try again every half second, and starts another
 * one where it was lost. What is recorded and what is refused meanwhile: writer.ts.
 */

import type { DatabaseTrouble } from "../log/database-trouble.ts"
import { RequestFailed, ThreadLink, type Answer } from "./thread-link.ts"
import type { Request, ThreadHead, ThreadStart, Unrecorded } from "./thread-messages.ts"
import { unavailable } from "./unavailable.ts"

type Trouble = Pick<DatabaseTrouble, "reason" | "syncFailed" | "cause">

const retryMs = 500
/** A thread that does not end by then is left to the end of the process. */
const endingMs = 10_000

export type Recovery = Omit<Extract<Request, { type: "recover" }>, "type" | "syncFailed">

export type KeeperOptions = {
  /** A test's failpoint is for the first thread only. */
  thread(which: "first" | "next"): ThreadStart
  recorded(batch: number, head: ThreadHead): void
  /** Once, when it begins; what waits cannot be recorded any more. */
  troubled(reason: string, cause: string): void
  /** What the recovery needs to know, and tells. */
  recovery(reason: string): Recovery
  recovered(head: ThreadHead): void
  /** The recovery failed, so what it was to tell is still untold. */
  untold(unrecorded: Unrecorded): void
}

export class ThreadKeeper {
  readonly #options: KeeperOptions
  #link: ThreadLink | undefined
  #trouble: Trouble | undefined
  #retry: NodeJS.Timeout | undefined
  #started = false
  #recovering = false
  #closing = false

  constructor(options: KeeperOptions) {
    this.#options = options
    this.#link = this.#open("first")
  }

  /** Why the log cannot be written; safe to show. */
  get trouble(): string | undefined {
    return this.#trouble?.reason
  }

  send(batch: number, frame: ArrayBuffer): void {
    this.#link?.send(batch, frame)
  }

  /** @throws GatewayError `audit_unavailable` */
  async ask(request: Request): Promise<Answer> {
    try {
      if (this.#link === undefined) throw unavailable(this.trouble ?? "it is closed")
      return await this.#link.ask(request)
    } catch (thrown) {
      throw thrown instanceof RequestFailed ? unavailable(this.trouble ?? thrown.message, thrown) : thrown
    }
  }

  /** Rejects with `RequestFailed`; what is passing is tried again until then. */
  async start(request: () => Request, withinMs: number): Promise<Answer> {
    const untilMs = performance.now() + withinMs
    for (;;) {
      try {
        const answer = await (this.#link ??= this.#open("next")).ask(request())
        this.#started = true
        return answer
      } catch (thrown) {
        const isPassing = thrown instanceof RequestFailed && thrown.trouble.passing
        if (!isPassing || performance.now() + retryMs > untilMs) throw thrown
        await new Promise((resolve) => setTimeout(resolve, retryMs))
      }
    }
  }

  /** The thread does not answer in time; when it does, it reads anew what it has written. */
  silent(): void {
    const reason = "the disk of the data folder does not answer in time; check it"
    this.#enter({ reason, syncFailed: false, cause: "" })
  }

  async close(nowMs: number): Promise<Answer | undefined> {
    this.#closing = true
    clearTimeout(this.#retry)
    const link = this.#link
    if (link === undefined) return undefined
    const ended = link.ended(endingMs)
    try {
      return await this.ask({ type: "close", nowMs })
    } finally {
      await ended
      this.#link = undefined
    }
  }

  #open(which: "first" | "next"): ThreadLink {
    return new ThreadLink(this.#options.thread(which), {
      recorded: (batch, head) => this.#recorded(batch, head),
      trouble: (trouble) => this.#fall(trouble),
      lost: (cause) => this.#lose(cause),
    })
  }

  #recorded(batch: number, head: ThreadHead): void {
    if (this.#trouble === undefined) return this.#options.recorded(batch, head)
    // It was silent, and all of this is refused already.
    if (this.#retry === undefined) void this.#recover()
  }

  #fall(trouble: Trouble): void {
    this.#enter(trouble)
    if (!this.#closing) this.#retry ??= setTimeout(() => void this.#recover(), retryMs)
  }

  #lose(cause: string): void {
    this.#link = undefined
    if (!this.#started) return
    this.#fall({ reason: "the thread that writes it ended and is being started again", syncFailed: false, cause })
  }

  #enter({ reason, syncFailed, cause }: Trouble): void {
    const before = this.#trouble
    this.#trouble = { reason, cause, syncFailed: syncFailed || before?.syncFailed === true }
    if (before === undefined) this.#options.troubled(reason, cause)
  }

  async #recover(): Promise<void> {
    this.#retry = undefined
    const trouble = this.#trouble
    if (this.#recovering || this.#closing || trouble === undefined) return
    this.#recovering = true
    const recovery = this.#options.recovery(trouble.reason)
    try {
      const link = (this.#link ??= this.#open("next"))
      const { head } = await link.ask({ type: "recover", ...recovery, syncFailed: trouble.syncFailed })
      this.#trouble = undefined
      if (head) this.#options.recovered(head)
    } catch (thrown) {
      this.#options.untold(recovery.unrecorded)
      this.#fall(troubleOf(thrown))
    } finally {
      this.#recovering = false
    }
  }
}

function troubleOf(thrown: unknown): Trouble {
  if (thrown instanceof RequestFailed) return thrown.trouble
  return { reason: "the thread that writes it cannot be started", syncFailed: false, cause: String(thrown) }
}
