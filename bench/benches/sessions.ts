/**
 * Many legacy clients that are connected and say nothing: 10,000 sessions, each with its open stream. What each takes
 * of memory, and how long it takes until all have heard that a list changed. The clients: yardsticks/session-holder.ts.
 */

import { createInterface } from "node:readline"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { start, type Running } from "../../test/support/process.ts"
import { rest } from "../../test/support/rest.ts"
import { ask } from "../measure/ask-subject.ts"
import { scaled, type Effort } from "../measure/effort.ts"
import { cpuOf, residentMb } from "../measure/process-figures.ts"
import { median, rounded } from "../measure/rows.ts"
import type { Row, Table } from "../measure/table.ts"
import { startGoverned, type Gateway } from "../subjects/gateway.ts"
import { startUpstream } from "../subjects/upstream.ts"

const settleMs = 3_000
const holders = 2
const broadcastMs = 30_000

type Memory = { readonly asIs: number; readonly collected: number }

export async function benchSessions(effort: Effort): Promise<readonly Table[]> {
  const few = scaled(500, effort)
  const many = scaled(10_000, effort)
  await using upstream = await startUpstream()
  const room = ["sessions", "streams", "sessions-per-principal", "streams-per-principal", "connections-per-source"]
  const limits = room.flatMap((limit) => [`--limits-${limit}`, String(4 * many)])
  await using gateway = await startGoverned({
    services: { bench: { url: upstream.url() }, benchother: { url: upstream.url() } },
    args: limits,
  })
  await using clients = new AsyncDisposableStack()
  const hold = async (count: number): Promise<Running> => {
    const running = await startHolder(gateway, count)
    clients.defer(async () => void (await running.stop()))
    return running
  }
  const all = [await hold(few)]
  const before = await memoryOf(gateway, settleMs / effort.smaller)
  for (let at = 0; at < holders; at++) all.push(await hold(Math.floor((many - few) / holders)))
  const after = await memoryOf(gateway, settleMs / effort.smaller)
  const more = holders * Math.floor((many - few) / holders)
  const rows: Row[] = [
    { figure: "KB each, as the process stands", value: kbEach(before.asIs, after.asIs, more) },
    { figure: "KB each, after a collection of garbage", value: kbEach(before.collected, after.collected, more) },
    { figure: "RSS with all of them, MB", value: Math.round(after.asIs) },
    ...(await broadcastRows(gateway, all, effort)),
  ]
  const about = `${few + more} sessions of revision 2025-11-25 of one principal, each with an open GET stream; KB each from ${few} on. The gateway was started with ${limits.join(" ")}, and with its own limits otherwise. A broadcast is a list that changed: from the operation that turns a service off or on until the last client has heard.`
  return [{ title: "Idle legacy sessions", about, rows }]
}

function startHolder({ url, key }: Gateway, count: number): Promise<Running> {
  const script = join(import.meta.dirname, "../yardsticks/session-holder.ts")
  return start({ args: [script, url, key, String(count)], ready: /^holding /, deadlineMs: 120_000 })
}

async function memoryOf({ process }: Gateway, settleMs: number): Promise<Memory> {
  const pid = process.child.pid ?? 0
  await wait(settleMs)
  const asIs = residentMb(pid)
  await ask(pid, "collect")
  await wait(settleMs)
  return { asIs, collected: residentMb(pid) }
}

function kbEach(beforeMb: number, afterMb: number, count: number): number {
  return rounded(((afterMb - beforeMb) * 1_024) / count, 1)
}

async function broadcastRows(
  gateway: Gateway,
  all: readonly Running[],
  { rounds }: Effort,
): Promise<readonly Row[]> {
  const took: { readonly lastMs: number; readonly spreadMs: number; readonly cpuMs: number }[] = []
  for (let round = 0; round < rounds; round++) {
    const pid = gateway.process.child.pid ?? 0
    const heard = all.map(hearing)
    const beforeUs = cpuOf(pid).mainThread
    const fromMs = Date.now()
    await toggle(gateway, round % 2 === 1)
    const said = await Promise.all(heard)
    const lastMs = Math.max(...said.map(([, last]) => last))
    took.push({
      lastMs: lastMs - fromMs,
      spreadMs: lastMs - Math.min(...said.map(([first]) => first)),
      cpuMs: (cpuOf(pid).mainThread - beforeUs) / 1_000,
    })
  }
  const of = (pick: (one: (typeof took)[number]) => number): number => Math.round(median(took.map(pick)))
  return [
    { figure: "broadcast, ms from the operation to the last client", value: of(({ lastMs }) => lastMs) },
    { figure: "broadcast, ms from the first client to the last", value: of(({ spreadMs }) => spreadMs) },
    { figure: "broadcast, main thread ms", value: of(({ cpuMs }) => cpuMs) },
  ]
}

/** @returns when its first and its last client heard, in epoch ms */
async function hearing({ child }: Running): Promise<readonly [number, number]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly [number, number]>()
  const timer = setTimeout(() => reject(new Error("Not all clients heard of a change.")), broadcastMs)
  const onLine = (line: string): void => {
    const [word, , first, last] = line.split(" ")
    if (word === "heard") resolve([Number(first), Number(last)])
  }
  if (!child.stdout) throw new Error("The holder of sessions has no output.")
  const lines = createInterface({ input: child.stdout }).on("line", onLine)
  return promise.finally(() => {
    clearTimeout(timer)
    lines.close()
    child.stdout?.resume()
  })
}

async function toggle({ origin, adminKey }: Gateway, enabled: boolean): Promise<void> {
  const { status, body } = await rest({ origin, key: adminKey }, "POST", "/services/benchother/toggle", {
    enabled,
  })
  if (status >= 300) throw new Error(`toggle_service answered ${status}: ${JSON.stringify(body)}`)
}
