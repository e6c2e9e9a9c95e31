/**
 * docs/performance.md: its prose is written by hand, its tables stand between marks and are replaced by their benches.
 * The first of them, what was to be reached, follows from the others: reach.ts.
 */

import { readFile, writeFile } from "node:fs/promises"
import { cpus } from "node:os"
import { join } from "node:path"
import { toMarkdown, type Table } from "./measure/table.ts"
import { reachRows } from "./reach.ts"

const page = join(import.meta.dirname, "../docs/performance.md")

/** @throws where the page has no place for the bench */
export async function writeTables(bench: string, tables: readonly Table[]): Promise<void> {
  const text = withTables(await readFile(page, "utf8"), bench, tables)
  await writeFile(page, withPart(text, "reach", toMarkdown(reachRows(text))))
}

export function withTables(text: string, bench: string, tables: readonly Table[]): string {
  const made = tables.map(({ title, about, rows }) => `**${title}.** ${about}\n\n${toMarkdown(rows)}\n`)
  return withPart(text, bench, `${made.join("\n")}\n${machine()}`)
}

function withPart(text: string, name: string, part: string): string {
  const [begin, end] = [`<!-- bench ${name} -->`, `<!-- end of ${name} -->`]
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no ${begin} … ${end}`)
  return `${text.slice(0, from)}${begin}\n\n${part}\n\n${text.slice(to)}`
}

function machine(): string {
  const processors = cpus()
  return `Node ${process.version}, ${processors.length} x ${processors[0]?.model.trim() ?? "unknown processor"}.`
}
