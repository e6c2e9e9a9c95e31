/**
 * The breakers that worker processes have for the endpoints of one service, beside those of the process that owns it.
 * Each process finds out for itself what fails; what is told to people is of all of them.
 */

import type { BreakerState } from "./breaker.ts"

/** How it is with one endpoint. */
export type OfWorkers = {
  readonly worst: BreakerState
  /** How many leave it alone now. One that is half open does not: it waits for a call, perhaps for long. */
  readonly open: number
}

/** From the best to the worst. */
const order: readonly BreakerState[] = ["closed", "half_open", "open"]

export class WorkerBreakers {
  readonly #byWorker = new Map<string, readonly BreakerState[]>()

  /** @param states by endpoint; none where the worker has none any more */
  note(worker: string, states: readonly BreakerState[]): void {
    if (states.length === 0) this.#byWorker.delete(worker)
    else this.#byWorker.set(worker, states)
  }

  /** @param index of the endpoint, in the order of the service's definition */
  at(index: number): OfWorkers {
    const states = [...this.#byWorker.values()].map((all) => all[index] ?? "closed")
    return { worst: states.reduce(worse, "closed"), open: states.filter((state) => state === "open").length }
  }

  get isAnyOpen(): boolean {
    return [...this.#byWorker.values()].some((states) => states.includes("open"))
  }
}

export function worse(one: BreakerState, other: BreakerState): BreakerState {
  return order.indexOf(one) > order.indexOf(other) ? one : other
}
