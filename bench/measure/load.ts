/**
 * One round of load on one URL, by wrk in a process of its own: it costs a few us per call and so takes nothing from
 * what it measures. The request is the same over and over but for its id; what it says: request.ts.
 */

import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { needed } from "./programs.ts"
import type { Call } from "./request.ts"

export type Load = { readonly call: Call; readonly connections: number; readonly seconds: number }

export type Round = {
  readonly calls: number
  readonly callsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly failed: number
}

type Said = {
  readonly calls: number
  readonly us: number
  readonly p50Us: number
  readonly p99Us: number
  readonly failed: number
}

const run = promisify(execFile)
const script = join(import.meta.dirname, "load.lua")

export async function load({ call, connections, seconds }: Load): Promise<Round> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-load-"))
  try {
    const order = join(folder, "order")
    await writeFile(order, orderOf(call), { mode: 0o600 })
    const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "30s", "-s", script, call.url, order]
    const { stdout } = await run(await needed("wrk"), args, { timeout: (seconds + 60) * 1_000 })
    return roundOf(JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Said)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function orderOf({ headers, body }: Call): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return `${lines.join("\n")}\n\n${body}`
}

function roundOf({ calls, us, p50Us, p99Us, failed }: Said): Round {
  return { calls, callsPerSecond: (calls / us) * 1e6, p50Ms: p50Us / 1e3, p99Ms: p99Us / 1e3, failed }
}
