/** Whether the columns by which an entry is found say what its body says. */

import type { FoundRow } from "../reading/reader-rows.ts"

/** Column and member. */
const repeated = [
  ["time", "timeMs"],
  ["kind", "kind"],
  ["call", "callId"],
  ["principal", "principal"],
  ["service", "service"],
  ["target", "target"],
  ["outcome", "outcome"],
] as const

export type Said = Readonly<Record<string, unknown>>

/**
 * @param said what stands in the body; undefined where that cannot be read
 * @param expectedId entries of a stream have ids without gaps, as nobody else writes meanwhile
 * @returns the names of those that do not; undefined where all do, or nothing is said
 */
export function disagreement(row: FoundRow, said: Said | undefined, expectedId: number): string | undefined {
  if (said === undefined) return undefined
  const wrong = row.id <= row.indexedId ? wrongColumns(row, said) : []
  if (row.id !== expectedId) wrong.push("id")
  return wrong.length === 0 ? undefined : wrong.join(", ")
}

function wrongColumns(row: FoundRow, said: Said): string[] {
  return repeated.filter(([column, member]) => row[column] !== (said[member] ?? null)).map(([column]) => column)
}

export function readSaid(body: string): Said | undefined {
  try {
    const value = JSON.parse(body) as unknown
    return typeof value === "object" && value !== null ? (value as Said) : undefined
  } catch {
    return undefined
  }
}
