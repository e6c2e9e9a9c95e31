/** What the two audit entries of a call cost: the same gateway with its log and with one that forgets. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startGateway } from "../test/support/gateway.ts"
import { start, urlIn, type Running } from "../test/support/process.ts"
import { measureAll, subject, type Subject } from "./subject.ts"
import { summarize, type Row } from "./table.ts"

const connections = 32
const sizes = [20, 5_000]

export async function benchAudit(): Promise<readonly Row[]> {
  const upstream = await start({ args: ["bench/upstream.ts"], ready: /^listening / })
  const service = { url: urlIn(upstream.line) }
  const forgetful = await startForgetful(service)
  const gateway = await startGateway({ services: { bench: service } })
  const power = await startGateway({ services: { bench: service }, args: ["--audit-sync", "power"] })
  const rows: Row[] = []
  for (const argumentBytes of sizes) {
    const named = (
      name: string,
      { url, key }: { url: string; key: string },
      process: Pick<Running, "child">,
    ): Subject =>
      subject(
        `${name}, ${argumentBytes} B`,
        { url, key, tool: "bench__echo", connections, argumentBytes },
        process,
      )
    const yardstick = named("without a log", forgetful, forgetful.process)
    const subjects = [
      yardstick,
      named("sync: process", gateway, gateway.process),
      named("sync: power", power, power.process),
    ]
    await measureAll(subjects)
    rows.push(...summarize(subjects, yardstick))
  }
  await Promise.all([gateway.stop(), power.stop(), forgetful.stop(), upstream.stop()])
  return rows
}

async function startForgetful(service: object) {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-bench-"))
  await mkdir(join(folder, "servers.d"))
  await writeFile(join(folder, "servers.d/bench.json"), JSON.stringify(service), { mode: 0o600 })
  const process = await start({ args: ["bench/forgetful-gateway.ts", folder], ready: /^listening / })
  return {
    url: urlIn(process.line),
    key: (await readFile(join(folder, "data/admin.key"), "utf8")).trim(),
    process,
    stop: async () => {
      await process.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
