/**
 * Work on the log that takes longer than recording may wait: one step at a time, with what has come in between the
 * steps. One job runs at a time; the next waits.
 */

export type Job = {
  /** What it was asked by. */
  readonly ask: number
  readonly steps: Generator<undefined, number>
}

type LogJobsOptions = {
  /** Runs a step and handles what it throws. */
  guard(step: () => void): void
  /** @param value what the last step returned */
  done(job: Job, value: number): void
}

export class LogJobs {
  readonly #options: LogJobsOptions
  readonly #waiting: Job[] = []
  #scheduled = false

  constructor(options: LogJobsOptions) {
    this.#options = options
  }

  get areDone(): boolean {
    return this.#waiting.length === 0
  }

  add(job: Job): void {
    this.#waiting.push(job)
    this.#schedule()
  }

  /** @returns those that were not done */
  drop(): readonly Job[] {
    return this.#waiting.splice(0)
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#options.guard(() => this.#step())
      this.#schedule()
    })
  }

  #step(): void {
    const [job] = this.#waiting
    if (job === undefined) return
    const { done, value } = job.steps.next()
    if (!done) return
    this.#waiting.shift()
    this.#options.done(job, value)
  }
}
