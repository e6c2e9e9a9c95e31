/** Watches the machine's process table for whatever a process starts, from the beginning to the end. */

import { readdirSync, readFileSync } from "node:fs"

const everyMs = 5

export class ProcessWatch {
  readonly #pid: number
  readonly #seen = new Map<string, string>()
  readonly #timer: NodeJS.Timeout

  constructor(pid: number) {
    this.#pid = pid
    this.#look()
    this.#timer = setInterval(() => this.#look(), everyMs)
  }

  /** @returns the command lines of all that was started */
  stop(): readonly string[] {
    this.#look()
    clearInterval(this.#timer)
    return [...this.#seen.values()]
  }

  #look(): void {
    for (const thread of readdirSync(`/proc/${this.#pid}/task`)) {
      for (const child of read(`/proc/${this.#pid}/task/${thread}/children`)
        .split(" ")
        .filter((pid) => pid !== ""))
        this.#seen.set(child, read(`/proc/${child}/cmdline`).replaceAll("\0", " "))
    }
  }
}

/** What has ended meanwhile has nothing to say. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}
