/** What a suite has found: figures to print, and what must not be there. */

export type Figures = {
  readonly suite: string
  /** For a table: a figure, or a row of them, by name. */
  readonly figures: Readonly<Record<string, number | string | Readonly<Record<string, number | string>>>>
  /** A sentence each. */
  readonly violations: readonly string[]
}

export function printFigures({ suite, figures, violations }: Figures): void {
  console.log(`\n${suite}: ${violations.length} violations`)
  console.table(figures)
  for (const violation of violations) console.log(`  ${violation}`)
}
