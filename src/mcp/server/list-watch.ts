/**
 * The subscription to all lists that stands behind each legacy session, as the exchange that carries it. It is kept
 * small: ten thousand sessions hold one each, and its signal is made only for who asks. What it tells: legacy-session.ts.
 */

import type { Cancellation } from "../cancellation.ts"
import type { Exchange, Notification } from "../message.ts"
import { toRawObject } from "../raw-json.ts"

/** One for all of them. */
const allLists = toRawObject({
  notifications: { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true },
})

type Told = { tell(notification: Notification): void }

export class ListWatch implements Exchange {
  readonly cancellation: Cancellation
  readonly #told: Told

  constructor(closed: Cancellation, told: Told) {
    this.cancellation = closed
    this.#told = told
  }

  get params(): typeof allLists {
    return allLists
  }

  get signal(): AbortSignal {
    return this.cancellation.signal
  }

  notify(notification: Notification): void {
    this.#told.tell(notification)
  }
}
