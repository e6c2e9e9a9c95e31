/**
 * Makes a draft fit to be an entry, whatever a client or a service has put into it: what could not be hashed, or not
 * be read back, must not keep the others of its group from being recorded.
 */

import type { EntryDraft } from "../../../domain/audit/entry.ts"

const maxChars = 1_024
/** Of the target and of the texts in `detail`. */
const maxLongChars = 8_192

/** @param json of an `EntryDraft` */
export function settleDraft(json: string): EntryDraft {
  const members = JSON.parse(json) as Record<string, unknown>
  for (const name of Object.keys(members)) {
    const value = members[name]
    const settled = settleMember(name, value)
    if (settled === undefined) delete members[name]
    else if (settled !== value) members[name] = settled
  }
  members["timeMs"] = Math.round(Number(members["timeMs"]))
  return members as EntryDraft
}

function settleMember(name: string, value: unknown): unknown {
  if (name === "detail") return settleDetail(value)
  return settle(value, name === "target" ? maxLongChars : maxChars)
}

/** Undefined for null, which is what JSON makes of a number that is none. */
function settle(value: unknown, chars: number): unknown {
  if (typeof value === "string") return cut(value, chars)
  if (typeof value === "number") return Math.max(0, value)
  if (Array.isArray(value)) return value.filter((item) => item !== null).map((item) => settle(item, chars))
  return value ?? undefined
}

function settleDetail(detail: unknown): unknown {
  const members = Object.entries((detail ?? {}) as Record<string, unknown>)
    // A member of that name is not read back: it would be the prototype.
    .filter(([name, value]) => value !== null && name !== "__proto__")
    .map(([name, value]) => [cut(name, maxChars), typeof value === "string" ? cut(value, maxLongChars) : value])
  return Object.fromEntries(members)
}

function cut(text: string, chars: number): string {
  return (text.length > chars ? `${text.slice(0, chars - 1)}…` : text).toWellFormed()
}
