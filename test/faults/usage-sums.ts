/** Whether `get_usage` says what the entries say. */

import type { Entry } from "../../src/domain/audit/entry.ts"
import type { Peer } from "../journeys/peer.ts"
import { perform } from "../journeys/operations.ts"

type Sums = { calls: number; bytesIn: number; bytesOut: number; costUsd: number }
type Row = Sums & { readonly group: { readonly service: string } }

const microUsd = 1_000_000

/** @returns a sentence for each service whose figures differ */
export async function usageDifferences(peer: Peer, entries: readonly Entry[]): Promise<readonly string[]> {
  const { rows } = (await perform(peer, "get_usage", { by: ["service"], from: "-24h" })) as { rows: Row[] }
  const shown = new Map(rows.map(({ group, ...sums }) => [group.service, textOf(sums)]))
  const summed = new Map([...sumsOf(entries)].map(([service, sums]) => [service, textOf(sums)]))
  return [...new Set([...shown.keys(), ...summed.keys()])]
    .filter((service) => shown.get(service) !== summed.get(service))
    .map((service) => `get_usage says ${shown.get(service)} of ${service}, its entries ${summed.get(service)}`)
}

function sumsOf(entries: readonly Entry[]): ReadonlyMap<string, Sums> {
  const bytesIn = new Map(
    entries.flatMap((entry) => (entry.kind === "start" ? [[entry.callId, entry.arguments?.bytes ?? 0]] : [])),
  )
  const sums = new Map<string, Sums>()
  for (const { kind, callId, service, targetKind, result, costMicroUsd = 0 } of entries) {
    if (kind !== "end" || service === undefined || targetKind === "operation") continue
    const sum = sums.get(service) ?? { calls: 0, bytesIn: 0, bytesOut: 0, costUsd: 0 }
    sum.calls += 1
    sum.bytesIn += bytesIn.get(callId) ?? 0
    sum.bytesOut += result?.bytes ?? 0
    sum.costUsd += costMicroUsd
    sums.set(service, sum)
  }
  for (const sum of sums.values()) sum.costUsd /= microUsd
  return sums
}

function textOf({ calls, bytesIn, bytesOut, costUsd }: Sums): string {
  return `${calls} calls, ${bytesIn} bytes in, ${bytesOut} bytes out, ${costUsd.toFixed(6)} USD`
}
