/** Whether the columns by which an entry is found say what its body says. */

import type { EntryRow } from "../reading/reader-rows.ts"

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

/**
 * @param expectedId entries of a stream have ids without gaps, as nobody else writes meanwhile
 * @returns the names of those that do not; undefined where all do, or the body cannot be read
 */
export function disagreement(row: EntryRow, expectedId: number): string | undefined {
  const entry = parse(row.body)
  if (entry === undefined) return undefined
  const wrong: string[] = repeated
    .filter(([column, member]) => row[column] !== (entry[member] ?? null))
    .map(([column]) => column)
  if (row.id !== expectedId) wrong.push("id")
  return wrong.length === 0 ? undefined : wrong.join(", ")
}

function parse(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(body) as unknown
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}
