/** An agent that floods the gateway with changes, and everybody else meanwhile. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { createAgent, rest } from "../support/rest.ts"
import { administratorOf, gatewayFor } from "./administrator.ts"
import { perform } from "./operations.ts"

const tries = 300
const perMinute = 60
/** The defaults, which a gateway of a test does not have. */
const env = { MCP_META_LIMITS_CHANGES_PER_MINUTE: "", MCP_META_LIMITS_MANAGEMENT_PER_MINUTE: "" }

test("AGT-14 a flood of registrations is refused, on record, and keeps nobody else waiting", async (t) => {
  const gateway = await gatewayFor(t, { env })
  const admin = await administratorOf(t, gateway)
  const key = await createAgent(gateway, "eager", { permissions: ["configure"] })
  const begunAt = performance.now()
  const answers = await Promise.all(
    Array.from({ length: tries }, (_, at) =>
      rest({ ...gateway, key }, "POST", "/services", {
        name: `s${at}`,
        url: "http://127.0.0.1:9/mcp",
        prefix: at,
      }),
    ),
  )
  const minutes = (performance.now() - begunAt) / 60_000
  const refused = answers.filter(({ status }) => status === 429)
  const passed = tries - refused.length
  assert.ok(passed >= perMinute && passed <= perMinute * (1 + minutes) + 1, `${passed} passed`)
  const { code, retryAfterMs } = (refused[0]?.body ?? {}) as { code: string; retryAfterMs: number }
  assert.deepEqual([code, retryAfterMs > 0 && retryAfterMs <= 1_000], ["quota_exceeded", true])
  await perform(admin, "create_principal", { name: "other", kind: "agent" })
  assert.equal((await rest({ ...gateway, key }, "GET", "/services")).status, 200)
  const { entries } = await perform(admin, "audit_query", { principal: "eager", outcome: "quota_exceeded" })
  assert.ok((entries as unknown[]).length > 0)
})
