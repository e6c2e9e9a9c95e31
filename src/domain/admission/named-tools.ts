/** What a text says of tools that are not its service's own: those of other services, and the gateway's operations. */

import { found, type Finding } from "./finding.ts"
import type { KnownNames } from "./known-names.ts"

const identifiers = /[A-Za-z0-9_-]{5,64}/g

/** @returns one finding of each kind at most */
export function findNamedTools(where: string, text: string, { known, canonical }: KnownNames): readonly Finding[] {
  const names = text.includes("_") ? (text.match(identifiers) ?? []).filter((name) => name.includes("_")) : []
  const operation = names.find((name) => known.changing.has(name))
  const other = names.find((name) => canonical.has(name))
  return [
    ...(operation === undefined ? [] : [found("names_operation", where, operation)]),
    ...(other === undefined ? [] : [found("names_other_tool", where, other)]),
  ]
}
