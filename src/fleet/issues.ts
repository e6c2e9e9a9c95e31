/**
 * What somebody should look at, by service and by who noticed it. Each source tells everything it knows at once, so that
 * what it no longer names is gone.
 */

import type { Issue } from "../domain/fleet.ts"
import type { FileProblem } from "../domain/services/service.ts"
import type { Fault } from "./lists/lists.ts"

type Source = "connection" | "lists" | "names" | "pins"

/** Of one source and service; a service with a thousand bad tools has one problem. */
const maxPerSource = 100

export class Issues {
  readonly #bySource = new Map<string, readonly Issue[]>()
  readonly #now: () => number
  readonly #onChange: (service: string) => void

  constructor(now: () => number, onChange: (service: string) => void) {
    this.#now = now
    this.#onChange = onChange
  }

  set(service: string, source: Source, faults: readonly Fault[]): void {
    const id = `${service}\n${source}`
    const before = this.#bySource.get(id) ?? []
    const after = faults.slice(0, maxPerSource).map((fault) => this.#issue(service, fault, before))
    if (after.length === 0) this.#bySource.delete(id)
    else this.#bySource.set(id, after)
    if (!areEqual(before, after)) this.#onChange(service)
  }

  forget(service: string): void {
    for (const source of ["connection", "lists", "names", "pins"] as const) this.set(service, source, [])
  }

  list(): readonly Issue[] {
    return [...this.#bySource.values()].flat()
  }

  #issue(service: string, fault: Fault, before: readonly Issue[]): Issue {
    const { subject, message, next } = fault
    const known = before.find((issue) => issue.subject === subject && issue.message === message)
    return known ?? { service, subject, message, sinceMs: this.#now(), ...(next && { next }) }
  }
}

/** By the file's name: its problem may be that its service has none yet. */
export function issuesOfFiles(problems: readonly FileProblem[]): readonly Issue[] {
  return problems.map(({ file, message, sinceMs }) => {
    return { service: file.replace(/\.json$/, ""), subject: file, message, sinceMs }
  })
}

function areEqual(before: readonly Issue[], after: readonly Issue[]): boolean {
  return before.length === after.length && before.every((issue, index) => issue === after[index])
}
