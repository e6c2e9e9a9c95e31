/** What is wrong with the gateway itself, told beside what is wrong with its services. */

import type { Issue } from "../domain/fleet.ts"

/** In the place of a service's name; none can be called so. */
const ourselves = "gateway:"

export class OwnIssues {
  readonly #bySubject = new Map<string, Issue>()
  #onChange: () => void = () => {}

  /** @param onChange told of every change from now on */
  follow(onChange: () => void): void {
    this.#onChange = onChange
  }

  raise(subject: string, message: string): void {
    if (this.#bySubject.get(subject)?.message === message) return
    this.#bySubject.set(subject, { service: ourselves, subject, message, sinceMs: Date.now() })
    this.#onChange()
  }

  clear(subject: string): void {
    if (this.#bySubject.delete(subject)) this.#onChange()
  }

  list(): readonly Issue[] {
    return [...this.#bySubject.values()]
  }
}
