/**
 * What becomes of the figures of a suite's brief run: told beside its test, kept for the table of README.md where the
 * run names a folder for them, and held to having no violations. The table: scripts/figures.ts.
 */

import assert from "node:assert/strict"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { TestContext } from "node:test"
import type { Figures } from "./figures.ts"

export async function report(t: TestContext, found: Figures): Promise<void> {
  t.diagnostic(JSON.stringify(found.figures))
  const folder = process.env["FAULT_FIGURES"]
  if (folder) await writeFile(join(folder, `${found.suite.replaceAll(/\W+/g, "-")}.json`), JSON.stringify(found))
  assert.deepEqual(found.violations, [])
}
