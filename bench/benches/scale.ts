/**
 * Whether what a call costs stays flat while what the gateway knows grows: services, principals, rules, entries on
 * record, and processes that share the load. Of each dimension all sizes run interleaved; the smallest is the yardstick.
 */

import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { root } from "../../test/support/process.ts"
import { scaled, type Effort } from "../measure/effort.ts"
import { modernCall } from "../measure/request.ts"
import { summarize } from "../measure/rows.ts"
import { measureAll, subject, type Subject } from "../measure/subject.ts"
import type { Table } from "../measure/table.ts"
import { startGoverned, type Gateway } from "../subjects/gateway.ts"
import { addPrincipals, addRules } from "../subjects/grown-state.ts"
import { recordEntries } from "../subjects/long-record.ts"
import { startUpstream, type Upstream } from "../subjects/upstream.ts"

/** Of the record. */
const spanMs = 30 * 86_400_000

type Grown = {
  readonly name: string
  readonly services?: number
  readonly args?: readonly string[]
  readonly grow?: (gateway: Gateway) => Promise<void>
}
type Dimension = { readonly title: string; readonly about: string; readonly sizes: readonly [Grown, ...Grown[]] }

export async function benchScale(effort: Effort): Promise<readonly Table[]> {
  await using upstream = await startUpstream()
  const tables: Table[] = []
  for (const dimension of await dimensionsOf(effort))
    tables.push(await measureDimension(dimension, upstream, effort))
  return tables
}

async function dimensionsOf(effort: Effort): Promise<readonly Dimension[]> {
  const services = [100, 500].map((size) => scaled(size, effort))
  const principals = [1_000, 100_000].map((size) => scaled(size, effort))
  const rules = [200, 10_000].map((size) => scaled(size, effort))
  const { entries } = effort
  return [
    {
      title: "More services",
      about: "All answer at one address; one of them is called.",
      sizes: [{ name: "1 service" }, ...services.map((count) => ({ name: `${count} services`, services: count }))],
    },
    {
      title: "More principals",
      about: "Each with a key of its own; one of them calls.",
      sizes: [
        { name: "1 principal" },
        ...principals.map((count) => ({
          name: `${count} principals`,
          grow: ({ folder }: Gateway) => addPrincipals(folder, count),
        })),
      ],
    },
    {
      title: "More rules",
      about:
        "Rules: patterns of grants, 200 of the caller (the most that one list takes), the rest of others; and a quota for every ten of them, up to 1,000 (the most there may be), each of another tool.",
      sizes: [
        { name: "2 quotas, 2 patterns" },
        ...rules.map((count) => ({
          name: `${count} rules`,
          grow: ({ folder }: Gateway) => addRules(folder, count),
        })),
      ],
    },
    {
      title: "A longer record",
      about:
        "The log was written by the gateway's own writer before the start, its entries spread over 30 days. --entries says how long it is.",
      sizes: [
        { name: "an empty log" },
        {
          name: `${entries} entries`,
          grow: ({ folder }: Gateway) => recordEntries(join(folder, "data"), { count: entries, spanMs }),
        },
      ],
    },
    ...(await workersDimension()),
  ]
}

/** Where this gateway knows of workers. */
async function workersDimension(): Promise<readonly Dimension[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(root, "bin/mcp-meta.mjs"),
    "serve",
    "--help",
  ])
  if (!stdout.includes("--workers")) return []
  const sizes = [1, 2].map((count) => ({ name: `${count} workers`, args: ["--workers", String(count)] }))
  const about =
    "Load, service, owner and workers share the processors, so this shows a gain only where there are enough."
  const [one, ...more] = sizes
  return one ? [{ title: "More workers", about, sizes: [one, ...more] }] : []
}

async function measureDimension(
  { title, about, sizes }: Dimension,
  upstream: Upstream,
  effort: Effort,
): Promise<Table> {
  await using gateways = new AsyncDisposableStack()
  const subjects: Subject[] = []
  for (const size of sizes) {
    const gateway = gateways.use(await startGrown(size, upstream))
    subjects.push(subject(size.name, modernCall({ ...gateway, tool: "bench__echo" }), gateway))
  }
  await measureAll(subjects, effort, () => upstream.calls())
  const [yardstick] = subjects
  if (!yardstick) throw new Error(`${title} has no sizes.`)
  return { title, about, rows: summarize(subjects, { yardstick }) }
}

async function startGrown({ services = 1, args = [], grow }: Grown, upstream: Upstream): Promise<Gateway> {
  const others = Array.from({ length: services - 1 }, (_, at) => [`other${at}`, { url: upstream.url() }] as const)
  const gateway = await startGoverned({
    services: { ...Object.fromEntries(others), bench: { url: upstream.url() } },
    args,
    deadlineMs: 120_000,
  })
  try {
    if (grow) await gateway.restart(() => grow(gateway))
    return gateway
  } catch (thrown) {
    await gateway[Symbol.asyncDispose]()
    throw thrown
  }
}
