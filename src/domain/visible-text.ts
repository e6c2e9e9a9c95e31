/**
 * Text of any origin, made fit for people and their terminals: without what a terminal would obey, and without what
 * nobody sees but a reader of the bytes does. Who shows it: log.ts, surfaces/cli/screen.ts, operations/plain-text.ts.
 */

import { stripVTControlCharacters } from "node:util"

const linesOrControl = /[\p{Cc}\p{Zl}\p{Zp}]/gu
const controlButLines = /[^\P{Cc}\n]|[\p{Zl}\p{Zp}]/gu
/** Overrides of direction, what has no width, tags, selectors of variants. */
const invisible = /[\p{Cf}\p{DI}]/gu
const unseen = /[\u007f-\u009f\p{Cf}\p{DI}\p{Zl}\p{Zp}]/gu

/** Line breaks stay. */
export function visibleText(text: string): string {
  return stripVTControlCharacters(text).replaceAll(controlButLines, " ").replaceAll(invisible, "")
}

/** Line breaks become spaces, so that no text can look like two. */
export function visibleLine(text: string): string {
  return stripVTControlCharacters(text).replaceAll(linesOrControl, " ").replaceAll(invisible, "")
}

/** Of a JSON text, the very same value: what JSON lets stand as it is, but no eye sees, is written as an escape. */
export function visibleJson(json: string): string {
  return json.replaceAll(unseen, (characters) =>
    Array.from({ length: characters.length }, (_, at) => escapeOf(characters.charCodeAt(at))).join(""),
  )
}

function escapeOf(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`
}
