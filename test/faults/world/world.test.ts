/** `npm run faults -- world` in brief: each kind of harm once, over one transport or another. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { worldFaults } from "./world.ts"

test("whatever a service does, its callers are told and its neighbours do not notice", async (t) => {
  const figures = await worldFaults("brief")
  t.diagnostic(JSON.stringify(figures))
  assert.deepEqual(figures.violations, [])
})
