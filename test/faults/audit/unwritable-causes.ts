/** What keeps the audit log from being written, for real: each begins, and ends when asked. */

import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { root, start } from "../../support/process.ts"
import type { Conditions, Rig } from "../rig.ts"
import { attachStrace } from "./strace.ts"

export type Cause = {
  readonly way: string
  readonly conditions?: Conditions
  /** It is gone as soon as it was there. */
  readonly isOneMoment?: true
  /** Done before the gateway starts. @returns undoes it */
  readonly prepare?: (rig: Rig) => Promise<() => Promise<void>>
  /** @returns ends it, once or again */
  readonly begin: (rig: Rig) => Promise<() => Promise<void>>
}

const script = (name: string): string => join(root, "test/faults/audit", name)
const nothing = async (): Promise<void> => {}

const lock: Cause = {
  way: "another process holds a lock",
  begin: async ({ data }) => {
    const locker = await start({ args: [script("locker.ts"), join(data, "audit/log.db")], ready: /^locked$/ })
    return async () => void (await locker.stop("SIGKILL"))
  },
}

const lostThread: Cause = {
  way: "the thread that writes is lost",
  // The thread that follows is lost at its 400th group again, which is after the end of the test.
  conditions: { env: { MCP_META_TESTS_FAILPOINT: "audit.lost@400=exit" } },
  isOneMoment: true,
  begin: async () => nothing,
}

const failingWrites: Cause = { way: "EIO at every write", begin: (rig) => inject(rig, "pwrite64:error=EIO") }

const failingSyncs: Cause = {
  way: "EIO at every sync",
  conditions: { args: ["--audit-sync", "power"] },
  begin: (rig) => inject(rig, "fdatasync,fsync:error=EIO"),
}

const readOnly: Cause = {
  way: "EROFS at every write",
  begin: (rig) => inject(rig, "pwrite64,ftruncate:error=EROFS"),
}

export const causes: readonly Cause[] = [lock, lostThread, failingWrites, failingSyncs, readOnly]

/** Needs mounts of its own: run it under `unshare -Urm`. */
export const diskFull: Cause = {
  way: "the disk is full",
  prepare: async ({ data }) => {
    const folder = join(data, "audit")
    await run("mount", "-t", "tmpfs", "-o", "size=32m,mode=700", "tmpfs", folder)
    return () => run("umount", "--lazy", folder)
  },
  begin: async ({ data }) => {
    const filler = await start({ args: [script("filler.ts"), join(data, "audit/filler")], ready: /^full$/ })
    return async () => void (await filler.stop("SIGTERM"))
  },
}

async function run(command: string, ...args: readonly string[]): Promise<void> {
  const [code] = (await once(spawn(command, args, { stdio: ["ignore", "ignore", "inherit"] }), "exit")) as [number]
  if (code !== 0) throw new Error(`${command} exited with ${code}`)
}

function inject({ pid, data }: Rig, what: string): Promise<() => Promise<void>> {
  const files = ["log.db", "log.db-wal"].flatMap((name) => ["-P", join(data, "audit", name)])
  const [calls = ""] = what.split(":")
  return attachStrace(pid, ["-o", "/dev/null", ...files, "-e", `trace=${calls}`, "-e", `inject=${what}`])
}
