/** Each kind of harm over each transport and in each era in which it can occur: what grid.ts plays. */

import { kinds } from "./kinds.ts"
import type { Kind } from "./service/kind.ts"
import { transports, type Era, type Transport } from "./service/mouth.ts"

export type Case = { readonly name: string; readonly kind: Kind; readonly transport: Transport; readonly era: Era }

const eras: readonly Era[] = ["legacy", "modern"]

export function allCases(): readonly Case[] {
  return Object.entries(kinds).flatMap(([name, kind]) =>
    (kind.over ?? transports).flatMap((transport) =>
      eras.filter((era) => canBe(kind, transport, era)).map((era) => ({ name, kind, transport, era })),
    ),
  )
}

/** The old transport is older than the modern era. */
function canBe(kind: Kind, transport: Transport, era: Era): boolean {
  return (kind.era ?? era) === era && !(transport === "sse" && era === "modern")
}

/** One case of each kind, so that all transports and eras have their share. */
export function sampleCases(): readonly Case[] {
  const byKind = [...Map.groupBy(allCases(), ({ name }) => name).values()]
  return byKind.flatMap((cases, index) => cases[index % cases.length] ?? [])
}
