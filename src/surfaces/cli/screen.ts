/** What goes to the terminal: nothing that came from a service or a file may steer it. */

import { styleText } from "node:util"
import { visibleJson, visibleLine } from "../../domain/visible-text.ts"

type Color = Parameters<typeof styleText>[0]

export function print(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`)
}

/** Each line says who speaks: what came from elsewhere cannot pass for the words of another program. */
export function complain(text: string): void {
  for (const line of text.split("\n")) process.stderr.write(`mcp-meta: ${visibleLine(line)}\n`)
}

export function printJson(value: unknown): void {
  print(visibleJson(JSON.stringify(value, undefined, 2)))
}

/** Colours only where a terminal shows them, and nobody said NO_COLOR. */
export function paint(color: Color, text: string): string {
  return styleText(color, text, { stream: process.stdout })
}
