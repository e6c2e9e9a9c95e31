/**
 * An exchange with something of it in another's place. A spread would do where every exchange is a plain object; but
 * one whose signal is made only when somebody reads it must not be read for this.
 */

import type { Cancellation } from "./cancellation.ts"
import type { Exchange, Notification } from "./message.ts"

/** What is told ahead of the answer goes here. */
export function withNotify(exchange: Exchange, notify: Exchange["notify"]): Exchange {
  return new Rewired(exchange, { ...waysOf(exchange), notify })
}

/** Questions go here, or nowhere. */
export function withAsk(exchange: Exchange, ask: Exchange["ask"]): Exchange {
  return new Rewired(exchange, { ...waysOf(exchange), ask })
}

/** Large members of the result go here. */
export function withLarge(exchange: Exchange, large: Exchange["large"]): Exchange {
  return new Rewired(exchange, { ...waysOf(exchange), large })
}

/** Where a request leads besides to its answer. */
type Ways = {
  /** Undefined for where it went before. */
  readonly notify: Exchange["notify"] | undefined
  readonly ask: Exchange["ask"]
  readonly large: Exchange["large"]
}

function waysOf({ ask, large }: Exchange): Ways {
  return { notify: undefined, ask, large }
}

class Rewired implements Exchange {
  readonly ask: Exchange["ask"]
  readonly large: Exchange["large"]
  readonly #inner: Exchange
  readonly #notify: Exchange["notify"] | undefined

  constructor(inner: Exchange, { notify, ask, large }: Ways) {
    this.#inner = inner
    this.#notify = notify
    this.ask = ask
    this.large = large
  }

  get signal(): AbortSignal {
    return this.#inner.signal
  }

  get cancellation(): Cancellation | undefined {
    return this.#inner.cancellation
  }

  get session(): Exchange["session"] {
    return this.#inner.session
  }

  notify(notification: Notification): void {
    if (this.#notify) this.#notify(notification)
    else this.#inner.notify(notification)
  }
}
