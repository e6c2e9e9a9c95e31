/**
 * Keeps a second process out of a folder. The lock is a file that says who holds it: a process id alone may be used
 * again after a crash, so the moment that process started is beside it. A lock whose process is dead is taken over.
 *
 * Processes that do not see each other (two containers, two machines) are not kept apart by this.
 */

import { randomUUID } from "node:crypto"
import { link, readFile, rm, writeFile } from "node:fs/promises"
import { GatewayError } from "../../errors.ts"

export interface LockFile {
  /** @throws GatewayError `conflict` where the file is gone or somebody else's: then nothing may be written any more */
  assertHeld(): Promise<void>
  release(): Promise<void>
}

const attempts = 5

/** @throws GatewayError `conflict` where a living process holds it */
export async function takeLock(path: string): Promise<LockFile> {
  const mine = `${process.pid} ${(await startOf(process.pid)) ?? "unknown"} ${randomUUID()}\n`
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await putWhole(path, mine)) return heldLock(path, mine)
    const theirs = await readLock(path)
    if (theirs === undefined) continue
    if (await isHolderAlive(theirs)) throw inUse(`process ${theirs.split(" ")[0]} holds it`)
    await removeDead(path, theirs)
  }
  throw inUse("other processes are starting on it")
}

function heldLock(path: string, mine: string): LockFile {
  return {
    assertHeld: async () => {
      if ((await readLock(path)) !== mine) throw inUse("its lock was taken away from this process")
    },
    release: async () => {
      if ((await readLock(path)) === mine) await rm(path, { force: true })
    },
  }
}

/** Puts the file there with all of its text or, where there is one already, does nothing. */
async function putWhole(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}`
  try {
    await writeFile(temporary, text, { flag: "wx", mode: 0o600 })
    await link(temporary, path)
    return true
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "EEXIST") return false
    throw new GatewayError("invalid", "The data folder cannot be written to; check its owner and mode.", {
      cause: thrown,
    })
  } finally {
    await rm(temporary, { force: true })
  }
}

/**
 * Two processes may find the same dead lock, and the slower one must not remove what the faster one has put there. So
 * whoever removes holds a lock for that, and looks again while nobody else can remove.
 */
async function removeDead(path: string, dead: string): Promise<void> {
  const removal = await takeLock(`${path}.removal`)
  try {
    if ((await readLock(path)) === dead) await rm(path, { force: true })
  } finally {
    await removal.release()
  }
}

async function readLock(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined)
}

async function isHolderAlive(lock: string): Promise<boolean> {
  const { pid, started } = /^(?<pid>[1-9]\d{0,9}) (?<started>\S+) \S+\n$/.exec(lock)?.groups ?? {}
  if (pid === undefined || !isRunning(Number(pid))) return false
  const runningSince = await startOf(Number(pid))
  return runningSince === undefined || runningSince === started
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "EPERM"
  }
}

/**
 * When a process started, as boot and clock ticks since then; undefined where the system does not tell.
 *
 * @see proc_pid_stat(5): the fields after the command's closing parenthesis begin with the third, the state
 */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8")
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return fields[0] === "Z" ? "dead" : `${boot.trim()}/${fields[19]}`
  } catch {
    return undefined
  }
}

function inUse(why: string): GatewayError {
  return new GatewayError(
    "conflict",
    `The data folder is in use: ${why}. Stop that gateway, or give this one a folder of its own.`,
  )
}
