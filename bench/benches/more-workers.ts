/**
 * What a second worker brings where there are cores for it. One machine hardly has them for load, service, owner and
 * workers at once; so each process of the gateway is held to the same small share of a core, and the rest of the machine
 * is the load's and the service's.
 */

import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { root } from "../../test/support/process.ts"
import type { Effort } from "../measure/effort.ts"
import { load } from "../measure/load.ts"
import { descendantsOf } from "../measure/process-figures.ts"
import { modernCall } from "../measure/request.ts"
import { summarize } from "../measure/rows.ts"
import { holdToShare } from "../measure/share-of-core.ts"
import { measureAll, subject, type Subject } from "../measure/subject.ts"
import type { Table } from "../measure/table.ts"
import { startGoverned } from "../subjects/gateway.ts"
import type { Upstream } from "../subjects/upstream.ts"

/** Three processes and their writing thread leave more than half of two cores to load and service. */
const share = 0.2

/** A call passes processes that stand still for a while each; this many keep all of them busy. */
const connections = 256

/** Unlimited, times what is usual: each worker has to become hot. */
const warmTimes = 5

const about = `Each process of the gateway (with 2 workers: the owner too) has ${share * 100} % of a core for its main thread: it is stopped (SIGSTOP) whenever it has used more and goes on once its share has caught up, looked at every millisecond. Load and service are not held, nor is the owner's writing thread beside its main thread. So the ratio is what cores of their own would give; calls/s and times are not. ${connections} connections. \`main us\` is the owner's, \`children us\` a worker's with all its threads.`

/** None where this gateway does not know of workers. */
export async function measureWorkers(upstream: Upstream, effort: Effort): Promise<readonly Table[]> {
  if (!(await hasWorkers())) return []
  await using gateways = new AsyncDisposableStack()
  const subjects: Subject[] = []
  for (const count of [1, 2]) {
    const gateway = gateways.use(
      await startGoverned({
        services: { bench: { url: upstream.url(), concurrency: 2 * connections } },
        args: ["--workers", String(count)],
      }),
    )
    const call = modernCall({ ...gateway, tool: "bench__echo" })
    const under = { process: gateway.process, saysDelay: false } // of a process that is stopped it says nothing
    subjects.push(subject(`${count} workers`, call, under, connections))
  }
  for (const { call } of subjects)
    if (effort.warmSeconds > 0) await load({ call, connections, seconds: warmTimes * effort.warmSeconds })
  const pids = subjects.flatMap(({ pid }) => [pid, ...descendantsOf(pid)])
  gateways.use(holdToShare(pids, share))
  await measureAll(subjects, effort, () => upstream.calls())
  const [one] = subjects
  return one ? [{ title: "More workers", about, rows: summarize(subjects, { yardstick: one }) }] : []
}

async function hasWorkers(): Promise<boolean> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(root, "bin/mcp-meta.mjs"),
    "serve",
    "--help",
  ])
  return stdout.includes("--workers")
}
