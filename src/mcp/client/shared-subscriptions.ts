/**
 * `resources/subscribe` for each URI once, however many subscriptions of a link want it, and `resources/unsubscribe`
 * when the last of them ends. The steps of one URI follow one another, so that the service never sees them swapped.
 */

import { plainCall, type Carrier } from "./carrier.ts"
import { toRaw } from "../raw-json.ts"

/** How long the service may take to accept one step. */
const stepMs = 10_000

type Held = { wanted: number; accepted: Promise<boolean> }

export class SharedSubscriptions {
  readonly #held = new Map<string, Held>()
  readonly #carrier: Carrier

  constructor(carrier: Carrier) {
    this.#carrier = carrier
  }

  /** @returns those the service accepted; each of them wants an `unsubscribe` */
  async subscribe(uris: readonly string[]): Promise<string[]> {
    const accepted = await Promise.all(uris.map((uri) => this.#acquire(uri)))
    return uris.filter((_, index) => accepted[index])
  }

  unsubscribe(uris: Iterable<string>): void {
    for (const uri of uris) void this.#release(uri)
  }

  async #acquire(uri: string): Promise<boolean> {
    const held = this.#held.get(uri) ?? { wanted: 0, accepted: Promise.resolve(false) }
    this.#held.set(uri, held)
    held.wanted += 1
    if (held.wanted === 1) held.accepted = held.accepted.then(() => this.#step("resources/subscribe", uri))
    const accepted = await held.accepted
    if (!accepted) await this.#release(uri)
    return accepted
  }

  async #release(uri: string): Promise<void> {
    const held = this.#held.get(uri)
    if (!held) return
    held.wanted -= 1
    if (held.wanted > 0) return
    held.accepted = held.accepted.then(async (accepted) => {
      if (accepted) await this.#step("resources/unsubscribe", uri)
      return false
    })
    await held.accepted
    if (held.wanted === 0) this.#held.delete(uri)
  }

  /** Whether the service accepted it. */
  async #step(method: string, uri: string): Promise<boolean> {
    const params = new Map([["uri", toRaw(uri)]])
    try {
      const answer = await this.#carrier.request(plainCall(method, params, AbortSignal.timeout(stepMs)))
      return answer.error === undefined
    } catch {
      // A lost link ends the subscription by itself; a service that does not answer has not accepted.
      return false
    }
  }
}
