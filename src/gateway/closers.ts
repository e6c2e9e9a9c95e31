/** What has been opened, to be closed in reverse order. */

import type { Log } from "../log.ts"

type Closer = () => Promise<void> | void

export class Closers {
  readonly #log: Log
  readonly #closers: Closer[] = []

  constructor(log: Log) {
    this.#log = log
  }

  add(closer: Closer): void {
    this.#closers.push(closer)
  }

  /** One that fails keeps none of the others from closing. */
  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) {
      await Promise.try(close).catch((err: unknown) => this.#log.error({ err }, "Something did not close."))
    }
  }
}
