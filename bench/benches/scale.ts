/**
 * Whether what a call costs stays flat while what the gateway knows grows: services, principals, rules, entries on
 * record. Of each dimension all sizes run interleaved; the smallest is the yardstick. Processes that share the load:
 * more-workers.ts.
 */

import { join } from "node:path"
import { scaled, type Effort } from "../measure/effort.ts"
import { modernCall } from "../measure/request.ts"
import { summarize } from "../measure/rows.ts"
import { measureAll, subject, type Subject } from "../measure/subject.ts"
import type { Table } from "../measure/table.ts"
import { startGoverned, type Gateway } from "../subjects/gateway.ts"
import { addPrincipals, addRules } from "../subjects/grown-state.ts"
import { recordEntries } from "../subjects/long-record.ts"
import { startUpstream, type Upstream } from "../subjects/upstream.ts"
import { measureWorkers } from "./more-workers.ts"

/** Of the record. */
const spanMs = 30 * 86_400_000

type Grown = {
  readonly name: string
  readonly services?: number
  readonly grow?: (gateway: Gateway) => Promise<void>
}
type Dimension = { readonly title: string; readonly about: string; readonly sizes: readonly [Grown, ...Grown[]] }

export async function benchScale(effort: Effort): Promise<readonly Table[]> {
  await using upstream = await startUpstream()
  const tables: Table[] = []
  for (const dimension of dimensionsOf(effort)) tables.push(await measureDimension(dimension, upstream, effort))
  return [...tables, ...(await measureWorkers(upstream, effort))]
}

function dimensionsOf(effort: Effort): readonly Dimension[] {
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
  ]
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

async function startGrown({ services = 1, grow }: Grown, upstream: Upstream): Promise<Gateway> {
  const others = Array.from({ length: services - 1 }, (_, at) => [`other${at}`, { url: upstream.url() }] as const)
  const gateway = await startGoverned({
    services: { ...Object.fromEntries(others), bench: { url: upstream.url() } },
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
