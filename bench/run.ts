/**
 * `npm run bench -- call [--json]`: a governed modern `tools/call` over HTTP beside its yardsticks in one run. Rounds
 * are interleaved, so that what disturbs the machine disturbs all alike; read the ratios, not the figures.
 */

import { readFileSync } from "node:fs"
import { startGateway } from "../test/support/gateway.ts"
import { start, urlIn, type Running } from "../test/support/process.ts"
import { load, type Load, type Round } from "./load.ts"

const rounds = 5
const seconds = 3
const connections = 32

type Subject = {
  readonly name: string
  readonly load: Omit<Load, "connections" | "seconds">
  readonly pid: number | undefined
  readonly rounds: Measured[]
}
type Measured = Round & { readonly cpuUs: number }

async function benchCall(): Promise<readonly Subject[]> {
  const upstream = await start({ args: ["bench/upstream.ts"], ready: /^listening / })
  const direct = urlIn(upstream.line)
  const proxy = await start({ args: ["bench/bare-proxy.ts", direct], ready: /^listening / })
  const gateway = await startGateway({ services: { bench: { url: direct } } })
  const subjects = [
    subject("direct", { url: direct, tool: "echo" }, upstream),
    subject("bare Node proxy", { url: urlIn(proxy.line), tool: "bench__echo" }, proxy),
    subject("gateway", { url: gateway.url, tool: "bench__echo", key: gateway.key }, gateway.process),
  ]
  for (const { load: target } of subjects) await load({ ...target, connections, seconds: 1 })
  for (let round = 0; round < rounds; round++) for (const each of subjects) each.rounds.push(await measure(each))
  await Promise.all([gateway.stop(), proxy.stop(), upstream.stop()])
  return subjects
}

function subject(name: string, target: Subject["load"], { child }: Running): Subject {
  return { name, load: target, pid: child.pid, rounds: [] }
}

async function measure({ load: target, pid }: Subject): Promise<Measured> {
  const before = cpuUsOf(pid)
  const round = await load({ ...target, connections, seconds })
  return { ...round, cpuUs: (cpuUsOf(pid) - before) / (round.callsPerSecond * seconds) }
}

/** CPU that a process and its threads have used, in us; 0 where /proc does not tell. */
function cpuUsOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10_000
  } catch {
    return 0
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function summarize(subjects: readonly Subject[]): readonly Record<string, string | number>[] {
  const of = (subject: Subject | undefined, pick: (round: Measured) => number): number =>
    median(subject?.rounds.map(pick) ?? [])
  const yardstick = of(
    subjects.find(({ name }) => name === "bare Node proxy"),
    ({ callsPerSecond }) => callsPerSecond,
  )
  return subjects.map((subject) => ({
    subject: subject.name,
    "calls/s": Math.round(of(subject, ({ callsPerSecond }) => callsPerSecond)),
    "of the yardstick": Number((of(subject, ({ callsPerSecond }) => callsPerSecond) / yardstick).toFixed(2)),
    "p50 ms": of(subject, ({ p50Ms }) => p50Ms),
    "p99 ms": of(subject, ({ p99Ms }) => p99Ms),
    "CPU us/call": Math.round(of(subject, ({ cpuUs }) => cpuUs)),
    failed: subject.rounds.reduce((sum, { failed }) => sum + failed, 0),
  }))
}

const [name = "call", ...flags] = process.argv.slice(2)
if (name !== "call") throw new Error(`There is no bench ${name}; the benches are: call`)
const table = summarize(await benchCall())
if (flags.includes("--json"))
  console.log(JSON.stringify({ bench: name, connections, rounds, seconds, table }, undefined, 2))
else console.table(table)
