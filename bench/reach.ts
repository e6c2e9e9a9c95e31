/**
 * What the gateway is meant to reach, and what the tables of docs/performance.md say of it. They are read from the page,
 * so that each bench can be run by itself and the page stays of one piece.
 */

import type { Row } from "./measure/table.ts"

type Cell = {
  readonly table: string
  /** What the row's first cell begins with. */
  readonly row: string
  readonly column: string
}
type Goal = Cell & {
  readonly figure: string
  readonly atLeast: number
  readonly aim: number
  readonly isBetter: "more" | "less"
}

const call32 = "A governed call, 32 connections"
const call1 = "A governed call, 1 connection"
const pipe = "A governed call to a service on a pipe, 32 connections"
const others = "Beside others, 32 connections"
const sessions = "Idle legacy sessions"
const start = "From a start to the first answer"

const goals: readonly Goal[] = [
  goal(
    "governed call, audit process / bare Node proxy",
    [call32, "governed, audit process", "of yardstick"],
    [0.7, 0.85, "more"],
  ),
  goal("the same, audit power", [call32, "governed, audit power", "of yardstick"], [0.6, 0.8, "more"]),
  goal(
    "governed call / naive SDK gateway",
    [others, "naive gateway on the SDK", "governed is x"],
    [12, 18, "more"],
  ),
  goal("governed call / mcp-proxy, which does less", [others, "mcp-proxy", "governed is x"], [6, 9, "more"]),
  goal(
    "governed call over stdio / newline multiplexer",
    [pipe, "governed, modern service", "of yardstick"],
    [0.5, 0.75, "more"],
  ),
  goal(
    "p50 at one connection over the bare proxy, audit process, ms",
    [call1, "governed, audit process", "p50 + ms"],
    [0.25, 0.1, "less"],
  ),
  goal("the same, audit power, ms", [call1, "governed, audit power", "p50 + ms"], [0.4, 0.2, "less"]),
  goal("p99 at 32 connections / bare proxy", [call32, "governed, audit process", "p99 x"], [2, 1.3, "less"]),
  goal(
    "4 MB result, added memory, MB",
    ["Large answers, 8 connections", "4 MB: governed", "added MB"],
    [1, 1, "less"],
  ),
  goal(
    "tools/list of 2,000 tools, second time for a grant set, ms of CPU",
    ["tools/list", "modern, second time", "process ms"],
    [2, 0.3, "less"],
  ),
  goal(
    "10,000 idle legacy sessions with open streams, KB each",
    [sessions, "KB each, as the process stands", "value"],
    [25, 14, "less"],
  ),
  goal("idle RSS, ten HTTP services, MB", [start, "RSS", "median"], [120, 80, "less"]),
  goal("cold start to first answer, ms", [start, "first call answered", "median"], [1_500, 700, "less"]),
  goal("two workers / one", ["More workers", "2 workers", "of yardstick"], [1.6, 1.9, "more"]),
]

export function reachRows(page: string): readonly Row[] {
  const tables = readTables(page)
  return goals.map(({ figure, atLeast, aim, isBetter, ...cell }) => {
    const measured = measuredAt(tables, cell)
    return {
      figure,
      "at least": atLeast,
      aim,
      measured: Number.isNaN(measured) ? "" : measured,
      reached: Number.isNaN(measured) ? "not measured" : reached(measured, { atLeast, aim, isBetter }),
    }
  })
}

function reached(
  measured: number,
  { atLeast, aim, isBetter }: Pick<Goal, "atLeast" | "aim" | "isBetter">,
): string {
  const isWithin = (bound: number): boolean => (isBetter === "more" ? measured >= bound : measured <= bound)
  return isWithin(aim) ? "the aim" : isWithin(atLeast) ? "yes" : "no"
}

function goal(
  figure: string,
  [table, row, column]: readonly [string, string, string],
  [atLeast, aim, isBetter]: readonly [number, number, Goal["isBetter"]],
): Goal {
  return { figure, table, row, column, atLeast, aim, isBetter }
}

type Rows = readonly (readonly string[])[]

/** The tables of a page, each under its title in bold, by title. */
function readTables(page: string): ReadonlyMap<string, Rows> {
  const tables = new Map<string, string[][]>()
  let current: string[][] = []
  for (const line of page.split("\n")) {
    const title = /^\*\*(.+?)\.\*\*/.exec(line)?.[1]
    if (title !== undefined) tables.set(title, (current = []))
    if (line.startsWith("|")) current.push(cellsOf(line))
  }
  return tables
}

function cellsOf(line: string): string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim())
}

function measuredAt(tables: ReadonlyMap<string, Rows>, { table, row, column }: Cell): number {
  const [names = [], ...rows] = tables.get(table) ?? []
  const text = rows.find(([first]) => first?.startsWith(row))?.[names.indexOf(column)]
  return text === undefined || text === "" ? Number.NaN : Number(text.replaceAll(",", ""))
}
