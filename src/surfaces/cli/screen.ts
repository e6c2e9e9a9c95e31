/** What goes to the terminal: nothing that came from a service or a file may steer it. */

import { stripVTControlCharacters, styleText } from "node:util"

type Color = Parameters<typeof styleText>[0]

/** Text of any origin, without control characters; line breaks stay. */
export function plain(text: string): string {
  return stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\n]|[\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, " ")
}

export function print(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`)
}

export function complain(text: string): void {
  process.stderr.write(`mcp-meta: ${plain(text)}\n`)
}

/** JSON keeps its control characters escaped; the ones that it does not escape are here. */
export function printJson(value: unknown): void {
  print(
    JSON.stringify(value, undefined, 2).replaceAll(
      /[\u007f-\u009f\u2028\u2029]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  )
}

/** Colours only where a terminal shows them, and nobody said NO_COLOR. */
export function paint(color: Color, text: string): string {
  return styleText(color, text, { stream: process.stdout })
}
