/**
 * The difference of two JSON objects in lines that people read: `- path: value` for what was, `+ path: value` for what
 * is. Lists are values of their own: they are shown whole, as they were and as they are.
 */

import { hidden } from "../secrets/placeholder.ts"
import { visibleJson } from "../visible-text.ts"

type Json = Readonly<Record<string, unknown>>

/** What is, and the form in which it may be shown; a member that the latter lacks is hidden. */
export type ShownJson = { readonly real: Json; readonly shown: Json }

/** Compares what is real and writes what may be shown, so that a secret which changes is seen to, and is not seen. */
export function diffLines(before: ShownJson | undefined, after: ShownJson | undefined): string[] {
  const was = leavesOf(before?.real)
  const is = leavesOf(after?.real)
  const shownBefore = leavesOf(before?.shown)
  const shownAfter = leavesOf(after?.shown)
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((path) => {
    if (was.get(path) === is.get(path)) return []
    return [
      ...(was.has(path) ? [line("-", path, shownBefore.get(path))] : []),
      ...(is.has(path) ? [line("+", path, shownAfter.get(path))] : []),
    ]
  })
}

function line(sign: "-" | "+", path: string, value: string = hidden): string {
  return `${sign} ${path}: ${value}`
}

/** Path -> JSON text, in the order of the object. */
function leavesOf(json: Json | undefined, within = "", leaves = new Map<string, string>()): Map<string, string> {
  for (const [name, value] of Object.entries(json ?? {})) {
    if (value === undefined) continue
    const path = within + nameInPath(name)
    if (isObject(value) && Object.keys(value).length > 0) leavesOf(value, `${path}.`, leaves)
    else leaves.set(path, visibleJson(JSON.stringify(value)))
  }
  return leaves
}

/** Plain, or quoted where it could be taken for something else. */
function nameInPath(name: string): string {
  return /^[\w-]+$/.test(name) ? name : visibleJson(JSON.stringify(name))
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
