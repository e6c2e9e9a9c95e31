/**
 * `node scripts/figures.ts FOLDER [--write]`: what the faults suites tried and found in one run of the tests, from the
 * figures that the run left in FOLDER (`FAULT_FIGURES`). `--write` puts all of it into docs/withstood.md, and what it
 * comes to into README.md.
 */

import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Figures } from "../test/faults/figures.ts"

const root = join(import.meta.dirname, "..")
const readme = join(root, "README.md")
const between = /(<!-- Figures of a run of `.ci\/run`. -->\n)[^]*?(<!-- End of figures. -->)/
const intro = "# What one run of `.ci/run` tried and found\n\n<!-- Made by `npm run figures`. -->\n"

/** Figures of all suites by their names: how much was tried, and what must be none. */
const headlines: readonly (readonly [what: string, tried: readonly string[], none: readonly string[]])[] = [
  [
    "Services and networks that do harm, with calls beside them",
    ["injected", "calls of neighbours"],
    ["of them failed", "calls executed twice", "answers to another call"],
  ],
  ["Bad inputs", ["inputs", "next valid calls that worked"], ["answered 5xx", "over 1 s"]],
  ["Requests without a credential, or without grants", ["probes"], ["unauthenticated successes"]],
  ["kill -9 in the middle of writes and calls", ["kills", "calls asked", "acknowledged"], ["lost"]],
  ["Restarts, changes and new certificates under load", ["restarts", "changes", "reloads"], ["failed"]],
  ["Secrets looked for wherever anything is written or said", ["canaries", "needles", "megabytes"], ["hits"]],
]

const [folder, option] = process.argv.slice(2)
if (folder === undefined || (option !== undefined && option !== "--write")) {
  process.stderr.write("Usage: node scripts/figures.ts FOLDER [--write]\n")
  process.exit(2)
}
const all = readAll(folder)
if (option === "--write") write()
else process.stdout.write(`${tableOf(all)}\n\n${headlinesOf(all)}\n`)

function write(): void {
  writeFileSync(join(root, "docs/withstood.md"), `${intro}\n${tableOf(all)}\n`)
  const text = readFileSync(readme, "utf8")
  const filled = (_: string, begin: string, end: string): string => `${begin}\n${headlinesOf(all)}\n\n${end}`
  writeFileSync(readme, text.replace(between, filled))
}

function readAll(from: string): readonly Figures[] {
  const files = readdirSync(from).toSorted()
  return files.map((file) => JSON.parse(readFileSync(join(from, file), "utf8")) as Figures)
}

function headlinesOf(found: readonly Figures[]): string {
  const sums = new Map<string, number>()
  for (const { figures } of found) for (const [name, sum] of sumsOf([flat(figures)])) add(sums, name, sum)
  const told = (names: readonly string[]): string =>
    names.flatMap((name) => (sums.has(name) ? [`${name} ${shown(sums.get(name))}`] : [])).join(" · ")
  const rows = headlines.map(([what, tried, none]) => `| ${what} | ${told(tried)} | ${told(none)} |`)
  const violations = found.reduce((sum, each) => sum + each.violations.length, 0)
  return [
    "| | tried | found |",
    "|---|---|---|",
    ...rows,
    `| All suites | ${found.length} | violations ${violations} |`,
  ].join("\n")
}

function tableOf(found: readonly Figures[]): string {
  const rows = found.map(
    ({ suite, figures, violations }) => `| ${suite} | ${textOf(figures)} | ${violations.length} |`,
  )
  return ["| suite | tried and found | violations |", "|---|---|---:|", ...rows].join("\n")
}

type Row = Readonly<Record<string, number | string>>

function textOf(figures: Figures["figures"]): string {
  const texts = Object.entries(figures).flatMap(([name, value]) =>
    typeof value === "object" ? [] : [`${name} ${shown(value)}`],
  )
  const rows = rowsOf(figures)
  const sums = [...sumsOf(rows)].map(([name, sum]) => `${name} ${shown(sum)}`)
  return [...(rows.length > 0 ? [`${rows.length} kinds`, ...sums] : []), ...texts].join(" · ")
}

function rowsOf(figures: Figures["figures"]): readonly Row[] {
  return Object.values(figures).filter((value): value is Row => typeof value === "object")
}

/** A table within a table cannot be read: of its columns the sums are told. */
function sumsOf(rows: readonly Row[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const [name, value] of rows.flatMap((row) => Object.entries(row)))
    if (typeof value === "number") add(sums, name, value)
  return sums
}

function flat(figures: Figures["figures"]): Row {
  const single = Object.entries(figures).filter((entry): entry is [string, number] => typeof entry[1] === "number")
  const sums = sumsOf([...rowsOf(figures), Object.fromEntries(single)])
  return Object.fromEntries(sums)
}

function add(sums: Map<string, number>, name: string, value: number): void {
  sums.set(name, (sums.get(name) ?? 0) + value)
}

function shown(value: unknown): string {
  return typeof value === "number" ? value.toLocaleString("en-US") : String(value)
}
