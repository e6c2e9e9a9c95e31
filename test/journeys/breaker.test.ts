/** What is to be seen of a service that is left alone, from every side of a real gateway. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { failingService } from "../fleet/links/failing-service.ts"
import { administratorOf, gatewayFor } from "./administrator.ts"
import { perform } from "./operations.ts"

type Details = { readonly service: { readonly endpoints: readonly { readonly breaker: string }[] } }

test("a service that fails is left alone, everyone can see it, and others are called as before", async (t) => {
  const [bad, good] = [await failingService(t, "500"), await failingService(t)]
  const gateway = await gatewayFor(t, {
    services: {
      bad: { url: bad.url, breaker: { failures: 2, waitMs: 600_000, maxWaitMs: 600_000 } },
      good: { url: good.url },
    },
  })
  const admin = await administratorOf(t, gateway)
  for (let calls = 0; calls < 2; calls++)
    assert.match((await admin.tool("bad__do")).error?.message ?? "", /HTTP 500/)
  const { error } = await admin.tool("bad__do")
  const { data = {} } = error ?? {}
  assert.deepEqual([data["code"], data["retryable"]], ["service_unavailable", true])
  assert.ok(Number(data["retryAfterMs"]) > 200_000, JSON.stringify(data))
  assert.equal(bad.calls(), 2)
  for (let calls = 0; calls < 20; calls++) assert.ok((await admin.tool("good__do")).result)

  const { service } = (await perform(admin, "get_server_details", { name: "bad" })) as Details
  assert.equal(service.endpoints[0]?.breaker, "open")
  const { checks } = (await perform(admin, "healthcheck", { name: "bad" })) as { checks: { message?: string }[] }
  assert.match(checks[0]?.message ?? "", /its breaker is open/)
  const { issues } = (await perform(admin, "list_issues")) as { issues: { service: string; message: string }[] }
  assert.match(issues.find(({ service }) => service === "bad")?.message ?? "", /failed too often/)
})
