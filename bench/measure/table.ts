/** Tables as text: in Markdown, whether for a terminal or a page. */

export type Row = Readonly<Record<string, string | number>>

export type Table = {
  /** Names it in docs/performance.md too. */
  readonly title: string
  /** What its rows are of, and what a reader has to know. */
  readonly about: string
  readonly rows: readonly Row[]
}

export function toMarkdown(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const cells = rows.map((row) => columns.map((column) => cell(row[column] ?? "")))
  const widths = columns.map((column, at) => Math.max(column.length, ...cells.map((row) => row[at]?.length ?? 0)))
  const line = (texts: readonly string[]): string =>
    `| ${texts.map((text, at) => (at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0))).join(" | ")} |`
  const rule = widths.map((width, at) => (at === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`))
  return [line(columns), line(rule), ...cells.map(line)].join("\n")
}

function cell(value: string | number): string {
  return typeof value === "number" ? value.toLocaleString("en-US", { maximumFractionDigits: 3 }) : value
}
