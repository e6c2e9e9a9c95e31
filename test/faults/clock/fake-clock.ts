/**
 * A wall clock that jumps under a process that runs, by libfaketime: what the process asks the system for the time of
 * day is moved, what it measures intervals with is not.
 */

import { spawnSync } from "node:child_process"
import { renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export type FakeClock = {
  /** Of the process whose clock it is. */
  readonly env: Readonly<Record<string, string>>
  /** @param offset from the real time, as `+3600`, `-1h` or `+10y` */
  set(offset: string): void
  remove(): void
}

export function createFakeClock(): FakeClock {
  const path = join(tmpdir(), `mcp-meta-clock-${process.pid}-${performance.now()}`)
  const set = (offset: string): void => {
    // Read at every look at the clock, so it must never be half there.
    writeFileSync(`${path}.new`, `${offset}\n`)
    renameSync(`${path}.new`, path)
  }
  set("+0")
  return {
    set,
    env: {
      LD_PRELOAD: library(),
      FAKETIME_TIMESTAMP_FILE: path,
      FAKETIME_NO_CACHE: "1",
      DONT_FAKE_MONOTONIC: "1",
    },
    remove: () => rmSync(path, { force: true }),
  }
}

/** The one for programs with threads. */
function library(): string {
  const { stdout } = spawnSync("dpkg", ["-L", "libfaketime"], { encoding: "utf8" })
  const path = /^\/.*\/libfaketimeMT\.so\.1$/m.exec(stdout)?.[0]
  if (path === undefined) throw new Error("libfaketime is not installed")
  return path
}
