/**
 * `npm run bench -- NAME [--json] [--write]`: each bench stands beside its yardsticks in one run; read the ratios, not
 * the figures. `--write` puts the tables into docs/performance.md as well. `all` runs one bench after the other. How much
 * each takes upon itself: `--rounds`, `--seconds` of a round, `--smaller` (sizes divided by it), `--entries` of the log.
 */

import { parseArgs } from "node:util"
import { benchNames, isBenchName, runBench } from "./benches.ts"
import { usualEffort, type Effort } from "./measure/effort.ts"
import { toMarkdown } from "./measure/table.ts"
import { writeTables } from "./page.ts"

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    rounds: { type: "string" },
    seconds: { type: "string" },
    smaller: { type: "string" },
    entries: { type: "string" },
  },
})
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130))

const effort = effortOf(values)
for (const name of namesOf(positionals[0] ?? "call")) {
  const tables = await runBench(name, effort)
  if (values.write) await writeTables(name, tables)
  if (values.json) console.log(JSON.stringify({ bench: name, effort, tables }, undefined, 2))
  else for (const { title, about, rows } of tables) console.log(`\n${title}\n${about}\n\n${toMarkdown(rows)}`)
}

function namesOf(name: string): readonly (typeof benchNames)[number][] {
  if (name === "all") return benchNames
  if (isBenchName(name)) return [name]
  throw new Error(`There is no bench ${name}; the benches are: ${benchNames.join(", ")}, all`)
}

function effortOf(given: Readonly<Record<string, unknown>>): Effort {
  const whole = (name: keyof Effort): number => {
    const value = Number(given[name] ?? usualEffort[name])
    if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1 on`)
    return value
  }
  return {
    ...usualEffort,
    rounds: whole("rounds"),
    seconds: whole("seconds"),
    smaller: whole("smaller"),
    entries: whole("entries"),
  }
}
