/**
 * Makes guessing slow: after a few failures in a row a subject (a key id, a principal's name) has to wait, twice as
 * long each time. Who was let in once with a secret is remembered elsewhere and does not wait for others' guesses.
 */

import { refusedCredential } from "./credential.ts"
import { Recent } from "./recent.ts"

const freeFailures = 5
const firstWaitMs = 1_000
const maxWaitMs = 60_000
const maxSubjects = 10_000

export class Backoff {
  readonly #failures = new Recent<{ readonly count: number; readonly untilMs: number }>(maxSubjects)

  /** @throws GatewayError `unauthenticated` with `retryAfterMs` while the subject has to wait, whatever it brings */
  assertMayTry(subject: string, nowMs: number): void {
    const { untilMs = 0 } = this.#failures.get(subject) ?? {}
    if (nowMs < untilMs) throw refusedCredential(untilMs - nowMs)
  }

  /** Counted before the guess is checked and taken back when it was right, so that guesses made at once all count. */
  fail(subject: string, nowMs: number): void {
    const count = (this.#failures.get(subject)?.count ?? 0) + 1
    const waitMs = count < freeFailures ? 0 : Math.min(firstWaitMs * 2 ** (count - freeFailures), maxWaitMs)
    this.#failures.set(subject, { count, untilMs: nowMs + waitMs })
  }

  succeed(subject: string): void {
    this.#failures.delete(subject)
  }
}
