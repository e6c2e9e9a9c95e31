/**
 * Takes the secrets out of a JSON text, so that a copy of arguments or results may be kept. Which members are secret:
 * redact-names.ts. What a secret looks like in a text: redact-prose.ts. This file bounds what comes in and goes out.
 */

import { isJson, redactJson } from "./redact-json.ts"
import { namesOf } from "./redact-names.ts"
import { marker } from "./redact-spans.ts"

export type RedactionRule = {
  /** Of UTF-8. */
  readonly maxBytes: number
  /** Names of members that are secret beside those which are so for everyone. */
  readonly keys: readonly string[]
}

/** What takes longer would hold up all that waits to be recorded. */
const mostBytes = 256 * 1_024

/**
 * Valid JSON, at most `maxBytes` long where those suffice for `{"truncated":true,...}`. What is cut off, unreadable, or
 * more than 256 KiB is not shown; `bytes` then says how much came.
 */
export function redact(json: string, rule: RedactionRule): string {
  const bytes = Buffer.byteLength(json)
  if (bytes > mostBytes) return cut("", { bytes, maxBytes: rule.maxBytes })
  if (!isJson(json)) return JSON.stringify({ unreadable: true, bytes })
  const { text } = redactJson(json, { names: namesOf(rule.keys), depth: 0, decode: true })
  return Buffer.byteLength(text) <= rule.maxBytes ? text : cut(text, { bytes, maxBytes: rule.maxBytes })
}

function cut(text: string, { bytes, maxBytes }: { readonly bytes: number; readonly maxBytes: number }): string {
  const room = maxBytes - Buffer.byteLength(JSON.stringify({ truncated: true, bytes, begin: "" }))
  return JSON.stringify({ truncated: true, bytes, begin: withoutHalfMarker(beginOf(text, room)) })
}

/** As many characters as fit once they are a JSON string. */
function beginOf(text: string, room: number): string {
  let end = 0
  let taken = 0
  for (const character of text.slice(0, Math.max(room, 0))) {
    taken += Buffer.byteLength(JSON.stringify(character)) - 2
    if (taken > room) break
    end += character.length
  }
  return text.slice(0, end)
}

function withoutHalfMarker(text: string): string {
  const start = text.lastIndexOf("[")
  const isHalf = start >= 0 && text.length - start < marker.length && marker.startsWith(text.slice(start))
  return isHalf ? text.slice(0, start) : text
}
