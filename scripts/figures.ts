/**
 * `node scripts/figures.ts FOLDER [--write]`: the table of what the faults suites tried and found in one run of the
 * tests, from the figures that run left in FOLDER (`FAULT_FIGURES`). `--write` puts it into README.md.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Figures } from "../test/faults/figures.ts"

const readme = join(import.meta.dirname, "../README.md")
const between = /(<!-- Figures of a run of `.ci\/run`. -->\n)[^]*?(<!-- End of figures. -->)/
const [folder, option] = process.argv.slice(2)
if (folder === undefined || (option !== undefined && option !== "--write")) {
  process.stderr.write("Usage: node scripts/figures.ts FOLDER [--write]\n")
  process.exit(2)
}
const table = tableOf(readAll(folder))
if (option === "--write") {
  const text = readFileSync(readme, "utf8")
  writeFileSync(
    readme,
    text.replace(between, (_, begin: string, end: string) => `${begin}${table}\n${end}`),
  )
} else process.stdout.write(`${table}\n`)

function readAll(from: string): readonly Figures[] {
  const files = readdirSync(from).toSorted()
  return files.map((file) => JSON.parse(readFileSync(join(from, file), "utf8")) as Figures)
}

function tableOf(all: readonly Figures[]): string {
  const rows = all.map(
    ({ suite, figures, violations }) => `| ${suite} | ${textOf(figures)} | ${violations.length} |`,
  )
  return ["| suite | tried and found | violations |", "|---|---|---:|", ...rows].join("\n")
}

function textOf(figures: Figures["figures"]): string {
  const texts = Object.entries(figures).flatMap(([name, value]) =>
    typeof value === "object" ? [] : [`${name} ${shown(value)}`],
  )
  const rows = Object.values(figures).filter((value) => typeof value === "object")
  return [...(rows.length > 0 ? [`${rows.length} kinds`, ...sumsOf(rows)] : []), ...texts].join(" · ")
}

/** A table within a table cannot be read: of its columns the sums are told. */
function sumsOf(rows: readonly Readonly<Record<string, number | string>>[]): readonly string[] {
  const sums = new Map<string, number>()
  for (const [name, value] of rows.flatMap((row) => Object.entries(row)))
    if (typeof value === "number") sums.set(name, (sums.get(name) ?? 0) + value)
  return [...sums].map(([name, sum]) => `${name} ${shown(sum)}`)
}

function shown(value: unknown): string {
  return typeof value === "number" ? value.toLocaleString("en-US") : String(value)
}
