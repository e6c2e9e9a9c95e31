/**
 * What somebody changed in the files of services behind the gateway's back: how they are, against how the last revision
 * left them. Another order of members, or other spaces, is no change.
 */

import { isDeepStrictEqual } from "node:util"
import type { ServiceChange } from "./change.ts"
import type { JsonObject, WholeRecord } from "./history.ts"
import { recordOf } from "./recorded-change.ts"
import { readServiceFile, type ServiceSource } from "../services/service.ts"

/** Of one revision; the rest is found by looking again. */
const maxEdits = 100
const maxLength = 4 * 1_024 * 1_024

export type FindHandEdits = (
  left: ReadonlyMap<string, JsonObject>,
  found: readonly ServiceSource[],
) => readonly WholeRecord[]

/** Two values that were once found to be the same are not compared again. */
export function handEditFinder(): FindHandEdits {
  const same = new WeakMap<JsonObject, JsonObject>()
  const isSame = ({ name, before, after }: ServiceChange): boolean => {
    if (before === undefined || after === undefined || before === after) return before === after
    if (same.get(before) === after) return true
    const isFound = isSameService(name, before, after)
    if (isFound) same.set(before, after)
    return isFound
  }
  return (left, found) => handEdits(left, found, isSame)
}

function handEdits(
  left: ReadonlyMap<string, JsonObject>,
  found: readonly ServiceSource[],
  isSame: (change: ServiceChange) => boolean,
): readonly WholeRecord[] {
  const now = new Map(found.map(({ definition, raw }) => [definition.name, raw]))
  const names = [...new Set([...left.keys(), ...now.keys()])].sort()
  const edits: WholeRecord[] = []
  let length = 0
  for (const name of names) {
    const change = { subject: "service", name, before: left.get(name), after: now.get(name) } as const
    if (isSame(change)) continue
    length += JSON.stringify([change.before, change.after]).length
    if (edits.length === maxEdits || (length > maxLength && edits.length > 0)) break
    edits.push(recordOf(change))
  }
  return edits
}

/** Whether two ways to write one service come to the same. The name may stand in it or not. */
export function isSameService(name: string, one: JsonObject, other: JsonObject): boolean {
  const [named, otherNamed] = [
    { ...one, name },
    { ...other, name },
  ]
  return isDeepStrictEqual(named, otherNamed) || isDeepStrictEqual(defined(name, named), defined(name, otherNamed))
}

/** What an older gateway took for a service may be none by today's rules; then it is the same as nothing else. */
function defined(name: string, raw: JsonObject): unknown {
  try {
    return readServiceFile(name, raw)
  } catch {
    return raw
  }
}
