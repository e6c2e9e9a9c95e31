/**
 * Which lines of a service's file show what nobody is shown: values of headers and variables, credentials in addresses
 * and arguments. A patch that would hold one of them is not given out.
 */

import { hidden } from "./placeholder.ts"
import { isRecord } from "../services/service-file.ts"
import { redactRaw } from "../services/service-shown.ts"

/** `all`: the file is not written as the gateway writes it, so that nobody can say where in it they stand. */
export type SecretLines = ReadonlySet<string> | "all"

/** Lines come with their ends. */
export function secretLinesOf(text: string): SecretLines {
  const json = tryParse(text)
  if (json === undefined) return "all"
  const written = linesOf(toText(json))
  const shown = linesOf(toText(redactFile(json)))
  const secret = new Set(written.filter((line, at) => line !== shown[at]))
  return secret.size > 0 && text !== written.join("") ? "all" : secret
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function toText(json: unknown): string {
  return `${JSON.stringify(json, undefined, 2)}\n`
}

function linesOf(text: string): readonly string[] {
  return text.split(/(?<=\n)/)
}

/** With as many lines as before: of values that are hidden whole, each text in them is. */
function redactFile(json: unknown): unknown {
  if (!isRecord(json)) return hideTexts(json)
  const list = ["mcpServers", "servers"].find((name) => isRecord(json[name]))
  if (list === undefined) return redactEntry(json)
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => {
      if (name !== list || !isRecord(value)) return [name, hideTexts(value)]
      return [name, Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, redactEntry(entry)]))]
    }),
  )
}

function redactEntry(entry: unknown): unknown {
  if (!isRecord(entry)) return hideTexts(entry)
  const redacted = redactRaw(entry)
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]) => {
      return [name, redacted[name] === hidden && typeof value === "object" ? hideTexts(value) : redacted[name]]
    }),
  )
}

function hideTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hideTexts)
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, hideTexts(one)]))
  return typeof value === "string" || typeof value === "number" ? hidden : value
}
