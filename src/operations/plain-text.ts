/** What operations say to people: short lines and tables of plain text, whatever services put into their names. */

type Cell = string | number | undefined

const maxCellLength = 72

/** Of a message, which ends with what to do. */
export const messageLength = 500

/**
 * Columns as wide as what they hold.
 *
 * @param options lastLength: how long a cell of the last column may be
 */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  { lastLength = maxCellLength }: { readonly lastLength?: number } = {},
): string {
  const lengthOf = (column: number): number => (column === header.length - 1 ? lastLength : maxCellLength)
  const lines = [header, ...rows].map((row) =>
    row.map((cell, column) => plainLine(String(cell ?? "-"), lengthOf(column))),
  )
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}

/** One line without control and formatting characters, which could make a terminal or a reader see something else. */
export function plainLine(text: string, maxLength: number): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{DI}\p{Zl}\p{Zp}]+/gu, " ").trim()
  return line.length > maxLength ? `${line.slice(0, maxLength - 3)}...` : line
}

export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString()
}

export function more(nextCursor: string | undefined): string {
  return nextCursor === undefined ? "" : `\nThere are more; ask again with the cursor ${nextCursor}`
}
