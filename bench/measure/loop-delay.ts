/** How late the event loop of a subject was; of those only that were started with `loopDelayEnv`. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { pathToFileURL } from "node:url"

const folder = mkdtempSync(join(tmpdir(), "mcp-meta-loop-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, "delay")
const preload = pathToFileURL(join(import.meta.dirname, "loop-delay-preload.ts")).href

export const loopDelayEnv = { NODE_OPTIONS: `--import=${preload}`, BENCH_LOOP_DELAY: path } as const

/** @returns the p99 since it was last asked, in ms; undefined where it does not say */
export async function loopDelayOf(pid: number): Promise<number | undefined> {
  const file = `${path}.${pid}`
  process.kill(pid, "SIGUSR2")
  for (let tries = 0; tries < 50; tries++) {
    const text = read(file)
    rmSync(file, { force: true })
    if (text !== undefined) return (JSON.parse(text) as { readonly p99Ms: number }).p99Ms
    await wait(20)
  }
  return undefined
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}
