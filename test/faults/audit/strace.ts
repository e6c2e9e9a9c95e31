/** Runs strace on a process and all its threads: to make its system calls fail, or to write down their order. */

import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"

/** @returns ends it; the process goes on as if nothing had been */
export async function attachStrace(pid: number, args: readonly string[]): Promise<() => Promise<void>> {
  const child = spawn("strace", ["-f", "-p", String(pid), ...args], { stdio: ["ignore", "ignore", "pipe"] })
  await attached(child)
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, "exit")
    child.kill("SIGINT")
    await exited
  }
}

async function attached(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const complaints: string[] = []
  child.once("error", reject)
  child.once("exit", () => reject(new Error(`strace could not attach: ${complaints.join("\n")}`)))
  if (child.stderr)
    createInterface({ input: child.stderr }).on("line", (line) => {
      complaints.push(line)
      if (/ attached/.test(line)) resolve()
    })
  await promise
}
