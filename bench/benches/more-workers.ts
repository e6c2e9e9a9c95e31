/**
 * What a second worker brings: on the cores that load, service and gateway share, and where there are enough of them. For
 * that each process of the gateway is held to the same small share of a core, and the rest is the load's and the
 * service's.
 */

import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { root } from "../../test/support/process.ts"
import type { Effort } from "../measure/effort.ts"
import { descendantsOf } from "../measure/process-figures.ts"
import { modernCall } from "../measure/request.ts"
import { summarize } from "../measure/rows.ts"
import { holdToShare } from "../measure/share-of-core.ts"
import { connections, measureAll, subject, type Subject } from "../measure/subject.ts"
import type { Table } from "../measure/table.ts"
import { startGoverned, type Gateway } from "../subjects/gateway.ts"
import type { Upstream } from "../subjects/upstream.ts"

/** Three processes and their writing thread leave more than half of two cores to load and service. */
const share = 0.2

/** A call passes processes that stand still for a while each; this many keep all of them busy. */
const manyConnections = 256

const aboutShared = "Load, service, owner and workers share the processors as they are."
const aboutHeld = `Each process of the gateway (with 2 workers: the owner too) has ${share * 100} % of a core for its main thread: it is stopped (SIGSTOP) when it has used more and goes on (SIGCONT) once its share has caught up, looked at every millisecond. Load, service and the writing thread of a process that is not stopped are not held. So the ratio is that of what busy processes carry on cores of their own, without what it costs to wake one that is idle; calls/s and times carry nothing over. ${manyConnections} connections. \`main us\` is the owner's, \`children us\` a worker's with all its threads.`

/** None where this gateway does not know of workers. */
export async function measureWorkers(upstream: Upstream, effort: Effort): Promise<readonly Table[]> {
  if (!(await hasWorkers())) return []
  await using gateways = new AsyncDisposableStack()
  const [one, two] = [gateways.use(await startWith("1", upstream)), gateways.use(await startWith("2", upstream))]
  const measure = async (about: Pick<Table, "title" | "about">, open: number): Promise<Table> => {
    const yardstick = subjectOf("1 worker", one, open)
    const subjects = [yardstick, subjectOf("2 workers", two, open)]
    await measureAll(subjects, effort, () => upstream.calls())
    return { ...about, rows: summarize(subjects, { yardstick }) }
  }
  const shared = await measure({ title: "More workers on the same cores", about: aboutShared }, connections)
  const pids = [one, two].flatMap(({ process: { child } }) => [child.pid ?? 0, ...descendantsOf(child.pid ?? 0)])
  gateways.use(holdToShare(pids, share)) // lets go before they are ended
  return [shared, await measure({ title: "More workers", about: aboutHeld }, manyConnections)]
}

function startWith(workers: string, upstream: Upstream): Promise<Gateway> {
  const bench = { url: upstream.url(), concurrency: 2 * manyConnections }
  return startGoverned({ services: { bench }, args: ["--workers", workers] })
}

/** How late its event loop is says nothing of a process that is stopped. */
function subjectOf(name: string, gateway: Gateway, open: number): Subject {
  const { process } = gateway
  return subject(name, modernCall({ ...gateway, tool: "bench__echo" }), { process, saysDelay: false }, open)
}

async function hasWorkers(): Promise<boolean> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(root, "bin/mcp-meta.mjs"),
    "serve",
    "--help",
  ])
  return stdout.includes("--workers")
}
