/** docs/performance.md: its prose is written by hand, its tables stand between marks and are replaced by their benches. */

import { readFile, writeFile } from "node:fs/promises"
import { cpus } from "node:os"
import { join } from "node:path"
import { toMarkdown, type Table } from "./measure/table.ts"

const page = join(import.meta.dirname, "../docs/performance.md")

/** @throws where the page has no place for the bench */
export async function writeTables(bench: string, tables: readonly Table[]): Promise<void> {
  const text = await readFile(page, "utf8")
  await writeFile(page, withTables(text, bench, tables))
}

export function withTables(text: string, bench: string, tables: readonly Table[]): string {
  const [begin, end] = [`<!-- bench ${bench} -->`, `<!-- end of ${bench} -->`]
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no ${begin} … ${end}`)
  const made = tables.map(({ title, about, rows }) => `**${title}.** ${about}\n\n${toMarkdown(rows)}\n`)
  return `${text.slice(0, from)}${begin}\n\n${made.join("\n")}\n${machine()}\n\n${text.slice(to)}`
}

function machine(): string {
  const processors = cpus()
  return `Node ${process.version}, ${processors.length} x ${processors[0]?.model.trim() ?? "unknown processor"}.`
}
