/** The benches themselves: that they run and say what they should, not what they find. Those that take seconds only. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { runBench } from "../../bench/benches.ts"
import { leastEffort } from "../../bench/measure/effort.ts"
import { find } from "../../bench/measure/programs.ts"

const missing = await missingPrograms()

for (const name of ["call-stdio", "list", "sessions", "cold"] as const) {
  test(`the bench ${name} runs and has a row for each of its subjects`, { skip: missing }, async () => {
    const tables = await runBench(name, leastEffort)
    assert.ok(tables.length > 0)
    for (const { title, rows } of tables) {
      assert.ok(rows.length >= 3, `${title} has ${rows.length} rows`)
      assert.deepEqual(
        rows.map(({ failed = 0 }) => failed),
        rows.map(() => 0),
      )
    }
  })
}

async function missingPrograms(): Promise<string | false> {
  const programs = ["wrk", "cc"] as const
  const found = await Promise.all(programs.map(find))
  const absent = programs.filter((_, at) => found[at] === undefined)
  return absent.length > 0 && `needs ${absent.join(" and ")}`
}
