/**
 * Which children run, on disk: a gateway that was killed leaves children behind, and the next one ends them before it
 * starts its own. A process is known by its pid together with its start time, since pids are used again; a group whose
 * leader is gone by its number, which is not, as long as one of the group lives.
 *
 * Where the system does not say when a process started (no /proc), nothing is killed: better an orphan than a stranger.
 */

import { readFileSync, renameSync, writeFileSync } from "node:fs"
import * as z from "zod"
import { GatewayError } from "../../errors.ts"

/** `startTime` in clock ticks since the boot named by `bootId`. */
const ledgerFile = z.object({
  bootId: z.string(),
  children: z.array(z.object({ pid: z.int().min(2), startTime: z.string(), name: z.string() })),
})

type LedgerEntry = z.output<typeof ledgerFile>["children"][number]

export class PidLedger {
  readonly #path: string
  readonly #proc: string
  readonly #bootId: string
  readonly #own = new Map<number, LedgerEntry>()
  /** Of the gateway before, until they are reaped. */
  #left: readonly LedgerEntry[]

  constructor(path: string, { proc = "/proc" }: { readonly proc?: string } = {}) {
    this.#path = path
    this.#proc = proc
    this.#bootId = readText(`${proc}/sys/kernel/random/boot_id`)?.trim() ?? ""
    this.#left = this.#readLeft()
  }

  /** To be called in the same turn as the spawn. @throws GatewayError `service_unavailable` when it cannot be kept */
  add(pid: number, name: string): void {
    const startTime = this.#startTime(pid)
    if (startTime === undefined) return
    this.#own.set(pid, { pid, startTime, name })
    this.#save()
  }

  /** An entry that stays because the disk is full does no harm: its start time fits nobody else. */
  remove(pid: number): void {
    if (!this.#own.delete(pid)) return
    try {
      this.#save()
    } catch {
      // See above.
    }
  }

  /** Ends what the gateway before left running, with everything in its process group. @returns the services' names */
  reap(): readonly string[] {
    const running = this.#left.filter((entry) => this.#isLeft(entry))
    for (const { pid } of running) killGroup(pid, "SIGKILL")
    this.#left = []
    this.#save()
    return running.map(({ name }) => name)
  }

  /** Ends every child of this gateway and all that they started, for when there is no time to stop them. */
  killAll(): void {
    for (const pid of this.#own.keys()) killGroup(pid, "SIGKILL")
  }

  /** A leader that is gone may have left its group behind, whose number is nobody else's while one of it lives. */
  #isLeft({ pid, startTime }: LedgerEntry): boolean {
    const found = this.#startTime(pid)
    return found === startTime || (found === undefined && hasGroup(pid))
  }

  /** A ledger that cannot be read, or is of another boot, speaks of nobody who runs now. */
  #readLeft(): readonly LedgerEntry[] {
    try {
      const { bootId, children } = ledgerFile.parse(JSON.parse(readText(this.#path) ?? ""))
      return this.#bootId !== "" && bootId === this.#bootId ? children : []
    } catch {
      return []
    }
  }

  #startTime(pid: number): string | undefined {
    const stat = readText(`${this.#proc}/${pid}/stat`)
    // The second field, the program's name in parentheses, may itself hold spaces and parentheses.
    return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19]
  }

  /** At once and without waiting for the disk: it has to outlive this process, not the machine. */
  #save(): void {
    const temporary = `${this.#path}.${process.pid}.tmp`
    const children = [...this.#left, ...this.#own.values()]
    try {
      writeFileSync(temporary, JSON.stringify({ bootId: this.#bootId, children }), { mode: 0o600 })
      renameSync(temporary, this.#path)
    } catch (cause) {
      const remedy = "make room on its disk, or give the gateway's user the right to"
      throw new GatewayError(
        "service_unavailable",
        `children.json in the data folder cannot be written, so no program is started; ${remedy}.`,
        { cause },
      )
    }
  }
}

/** Nothing happens when nobody is left in it. To `kill`, 0 would be our own group and -1 everyone. */
export function killGroup(leader: number, signal: NodeJS.Signals): void {
  if (leader < 2) return
  try {
    process.kill(-leader, signal)
  } catch {
    // ESRCH: all gone. EPERM: what is left changed its user, and is not ours to end.
  }
}

function hasGroup(leader: number): boolean {
  try {
    return leader > 1 && process.kill(-leader, 0)
  } catch {
    return false
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}
