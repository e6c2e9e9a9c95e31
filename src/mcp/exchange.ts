/**
 * An exchange with something of it in another's place. A spread would do where every exchange is a plain object; but
 * one whose signal is made only when somebody reads it must not be read for this.
 */

import type { Cancellation } from "./cancellation.ts"
import type { Exchange, Notification } from "./message.ts"

/** What is told ahead of the answer goes here. */
export function withNotify(exchange: Exchange, notify: Exchange["notify"]): Exchange {
  return new Rewired(exchange, notify, exchange.ask)
}

/** Questions go here, or nowhere. */
export function withAsk(exchange: Exchange, ask: Exchange["ask"]): Exchange {
  return new Rewired(exchange, (notification) => exchange.notify(notification), ask)
}

class Rewired implements Exchange {
  readonly ask: Exchange["ask"]
  readonly #inner: Exchange
  readonly #notify: Exchange["notify"]

  constructor(inner: Exchange, notify: Exchange["notify"], ask: Exchange["ask"]) {
    this.#inner = inner
    this.#notify = notify
    this.ask = ask
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
    this.#notify(notification)
  }
}
