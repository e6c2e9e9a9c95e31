/** From the start of a process to its first answer, what it takes at rest, and how fast short commands are. */

import { execFile } from "node:child_process"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { promisify } from "node:util"
import { root } from "../../test/support/process.ts"
import { scaled, type Effort } from "../measure/effort.ts"
import { residentMb } from "../measure/process-figures.ts"
import { assertAnswers, modernCall } from "../measure/request.ts"
import { median, rounded } from "../measure/rows.ts"
import type { Row, Table } from "../measure/table.ts"
import { recordEntries } from "../subjects/long-record.ts"
import { startGoverned, type Gateway } from "../subjects/gateway.ts"
import { startUpstream } from "../subjects/upstream.ts"

const services = 10
/** What looks into a process takes some 20 MB in it, and is not asked here. */
const withoutInstruments = { NODE_OPTIONS: "" }
const idleMs = 5_000
const busyHour = 50_000
const hourMs = 3_600_000
const run = promisify(execFile)

export async function benchCold(effort: Effort): Promise<readonly Table[]> {
  await using upstream = await startUpstream()
  const names = Array.from({ length: services }, (_, at) => `bench${at}`)
  await using gateway = await startGoverned({
    services: Object.fromEntries(names.map((name) => [name, { url: upstream.url() }])),
    env: withoutInstruments,
  })
  const starts = await startRows(gateway, effort)
  const commands = await commandRows(gateway, effort)
  const busy = await busyRow(gateway, scaled(busyHour, effort))
  return [
    {
      title: "From a start to the first answer",
      about: `${services} services over HTTP. Each start is of a process of its own on a data folder that is there; the call comes as soon as the gateway says that it listens.`,
      rows: [...starts, busy],
    },
    {
      title: "Short commands",
      about: "From the start of the process to its end, interleaved; the yardstick is Node that does nothing.",
      rows: commands,
    },
  ]
}

type Start = { readonly listeningMs: number; readonly answeredMs: number; readonly idleMb: number }

async function startRows(gateway: Gateway, { rounds, smaller }: Effort): Promise<readonly Row[]> {
  const starts: Start[] = []
  for (let round = 0; round < rounds; round++) starts.push(await startOnce(gateway, idleMs / smaller))
  const row = (figure: string, pick: (start: Start) => number): Row => {
    const values = starts.map(pick)
    return {
      figure,
      median: Math.round(median(values)),
      least: Math.round(Math.min(...values)),
      most: Math.round(Math.max(...values)),
    }
  }
  return [
    row("listening, ms", ({ listeningMs }) => listeningMs),
    row("first call answered, ms", ({ answeredMs }) => answeredMs),
    row(`RSS ${idleMs / smaller / 1_000} s later, MB`, ({ idleMb }) => idleMb),
  ]
}

async function startOnce(gateway: Gateway, restMs: number): Promise<Start> {
  let fromMs = 0
  await gateway.restart(async () => {
    fromMs = performance.now()
  })
  const listeningMs = performance.now() - fromMs
  await assertAnswers(modernCall({ ...gateway, tool: "bench0__echo" }))
  const answeredMs = performance.now() - fromMs
  await wait(restMs)
  return { listeningMs, answeredMs, idleMb: residentMb(gateway.process.child.pid ?? 0) }
}

/** Quotas count again from the record what was used before the start. */
async function busyRow(gateway: Gateway, count: number): Promise<Row> {
  let fromMs = 0
  await gateway.restart(async () => {
    await recordEntries(join(gateway.folder, "data"), { count, spanMs: hourMs })
    fromMs = performance.now()
  })
  return {
    figure: `listening, ms, with ${count} more entries of the last hour`,
    median: Math.round(performance.now() - fromMs),
  }
}

async function commandRows({ folder }: Gateway, { rounds }: Effort): Promise<readonly Row[]> {
  const program = join(root, "bin/mcp-meta.mjs")
  const commands: Readonly<Record<string, readonly string[]>> = {
    "node -e 0": ["-e", "0"],
    "mcp-meta --version": [program, "--version"],
    "mcp-meta help": [program, "help"],
    "mcp-meta status": [program, "status", "--data", join(folder, "data")],
  }
  const took = new Map<string, number[]>()
  for (let round = 0; round <= rounds; round++) {
    for (const [name, args] of Object.entries(commands)) {
      const fromMs = performance.now()
      await run(process.execPath, args, { timeout: 20_000 })
      // The first round fills the compile cache.
      if (round > 0) took.set(name, [...(took.get(name) ?? []), performance.now() - fromMs])
    }
  }
  return [...took].map(([command, values]) => ({
    command,
    "median ms": Math.round(median(values)),
    "least ms": Math.round(Math.min(...values)),
    "most ms": Math.round(Math.max(...values)),
    "of yardstick": rounded(median(values.map((value, at) => value / (took.get("node -e 0")?.[at] ?? value))), 1),
  }))
}
