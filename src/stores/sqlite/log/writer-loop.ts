/**
 * What the writing thread does with its messages: batches that follow each other are one group, requests stand alone.
 * After any failure there is no log, and nothing is taken until a request to recover has brought one.
 */

import { closeLog } from "./closing-log.ts"
import { troubleOf, type DatabaseTrouble } from "./database-trouble.ts"
import { commitGroup, type Batch } from "./group-commit.ts"
import { LogJobs } from "./log-jobs.ts"
import type { LogPlace, OpenLog } from "./open-log.ts"
import { recoverLog } from "./recovery.ts"
import { performOnLog, signWith, type Performed } from "./requests.ts"
import { startLog } from "./starting.ts"
import type { FromThread, Request, ThreadHead, ToThread } from "../handover/thread-messages.ts"
import { WalUpkeep } from "./wal-upkeep.ts"

type Ask = Extract<ToThread, { type: "ask" }>

type WriterLoopOptions = {
  readonly place: LogPlace
  post(message: FromThread): void
  /** Nothing comes after it. */
  end(): void
}

const noLog: DatabaseTrouble = {
  reason: "the log is closed or in trouble; try again later",
  syncFailed: false,
  passing: true,
  cause: "",
}

export class WriterLoop {
  readonly #options: WriterLoopOptions
  readonly #jobs: LogJobs
  readonly #wal: WalUpkeep
  #log: OpenLog | undefined
  /** By a sync, which was not told in any trouble: no page is to be trusted. */
  #copyingFailed = false
  /** The last checkpoint the main thread knows. */
  #toldNote: string | undefined

  constructor(options: WriterLoopOptions) {
    this.#options = options
    this.#wal = new WalUpkeep({ folder: options.place.folder, copied: () => this.#copied() })
    this.#jobs = new LogJobs({
      guard: (step) => this.#guard(step),
      done: ({ ask }, value) => this.#done(ask, value),
    })
  }

  take(messages: readonly ToThread[]): void {
    let group: Batch[] = []
    for (const message of messages) {
      if (message.type === "batch") {
        group.push(message)
      } else {
        this.#commit(group.splice(0))
        this.#answer(message)
      }
    }
    this.#commit(group)
    const last = messages.at(-1)
    if (last?.type === "ask" && last.request.type === "checkpoint") this.#rest()
  }

  /** A checkpoint with nothing behind it is a moment in which nobody waits. */
  #rest(): void {
    const log = this.#log
    if (log !== undefined && this.#jobs.areDone) this.#guard(() => this.#wal.shrink(log))
  }

  #copied(): void {
    const log = this.#log
    if (log !== undefined) this.#guard(() => this.#wal.finish(log))
  }

  /** What comes while there is no log is dropped: the main thread has refused it or is about to. */
  #commit(group: readonly Batch[]): void {
    const [log, last] = [this.#log, group.at(-1)]
    if (log === undefined || last === undefined) return
    this.#guard(() => {
      commitGroup(log, group)
      this.#options.post({ type: "recorded", batch: last.batch, head: this.#headOf(log) })
      this.#settle(log)
    })
  }

  #answer({ ask, request }: Ask): void {
    if (request.type === "close") return this.#close(ask, request.nowMs)
    try {
      const steps = this.#perform(request)
      if (typeof steps === "object") this.#jobs.add({ ask, steps })
      else this.#done(ask, steps ?? 0)
    } catch (thrown) {
      const trouble = thrown instanceof NoLog ? noLog : this.#lose(thrown)
      this.#options.post({ type: "failed", ask, trouble })
    }
  }

  /** @returns a number where that is the answer */
  #perform(request: Request): Performed | number {
    if (request.type === "start") return this.#start(request)
    if (request.type === "sign_with") signWith(this.#options.place, request)
    else if (request.type === "recover") this.#recover(request)
    else return performOnLog(this.#needLog(), request)
    return undefined
  }

  #start(request: Extract<Request, { type: "start" }>): number {
    const { log, lost } = startLog(this.#options.place, request)
    this.#log = log
    return lost
  }

  #recover(request: Extract<Request, { type: "recover" }>): void {
    this.#drop(noLog)
    const syncFailed = request.syncFailed || this.#copyingFailed
    this.#log = recoverLog(this.#options.place, { ...request, syncFailed })
    this.#copyingFailed = false
  }

  #close(ask: number, nowMs: number): void {
    try {
      const log = this.#needLog()
      this.#failJobs(noLog)
      this.#wal.stop()
      closeLog(log, nowMs)
      this.#log = undefined
      this.#options.post({ type: "answer", ask, value: 0, head: this.#headOf(log) })
    } catch (thrown) {
      const trouble = thrown instanceof NoLog ? noLog : this.#lose(thrown)
      this.#options.post({ type: "failed", ask, trouble })
    }
    this.#options.end()
  }

  #done(ask: number, value: number): void {
    this.#options.post({ type: "answer", ask, value, ...(this.#log && { head: this.#headOf(this.#log) }) })
    if (this.#log) this.#settle(this.#log)
  }

  /** What need not be done before the answer. */
  #settle(log: OpenLog): void {
    log.fileCheckpoints()
    log.catchUpSome()
    this.#wal.committed(log)
  }

  #guard(work: () => void): void {
    try {
      work()
    } catch (thrown) {
      this.#lose(thrown)
    }
  }

  #lose(thrown: unknown): DatabaseTrouble {
    const trouble = troubleOf(thrown)
    if (this.#log) this.#options.post({ type: "trouble", trouble })
    this.#drop(trouble)
    return trouble
  }

  #drop(trouble: DatabaseTrouble): void {
    this.#failJobs(trouble)
    this.#copyingFailed = this.#wal.stop() || this.#copyingFailed
    try {
      this.#log?.leave()
    } catch {
      // It is not used again; what it could not do is found by the recovery.
    }
    this.#log = undefined
  }

  #failJobs(trouble: DatabaseTrouble): void {
    for (const { ask } of this.#jobs.drop()) this.#options.post({ type: "failed", ask, trouble })
  }

  #needLog(): OpenLog {
    if (this.#log === undefined) throw new NoLog()
    return this.#log
  }

  #headOf({ tail, checkpoint }: OpenLog): ThreadHead {
    const isNew = checkpoint !== undefined && checkpoint.note !== this.#toldNote
    this.#toldNote = checkpoint?.note
    return {
      stream: tail?.stream ?? "",
      seq: tail?.seq ?? 0,
      hash: tail?.head ?? "",
      ...(isNew && { checkpoint: { size: checkpoint.size, timeMs: checkpoint.timeMs, note: checkpoint.note } }),
    }
  }
}

class NoLog extends Error {}
