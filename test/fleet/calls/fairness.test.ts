/** The flood of one principal before another's calls, through a real fleet to a real service. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { callTool, openFleet, until } from "../fleet-kit.ts"
import { failingService } from "../links/failing-service.ts"

test("RES-08 calls of one principal pass all but one of 500 that another has waiting", async (t) => {
  const service = await failingService(t)
  const far = { url: service.url, concurrency: 1 }
  const { fleet } = await openFleet(t, { far }, { limits: { queue: 1_024 } })
  await fleet.settled()
  await until("it is up", () => fleet.status()[0]?.state === "up")
  const ended: string[] = []
  const call = (principalId: string): Promise<unknown> =>
    callTool(fleet, "far", "do", {}, { principalId }).then(() => ended.push(principalId))
  const flood = Array.from({ length: 500 }, () => call("flood"))
  await until("they wait", () => fleet.status()[0]?.endpoints[0]?.waiting === 499)
  const placesPassed: number[] = []
  for (let calls = 0; calls < 50; calls++) {
    const before = ended.length
    await call("ann")
    placesPassed.push(ended.length - before - 1)
  }
  t.diagnostic(JSON.stringify({ places: Math.max(...placesPassed), waiting: 500 - ended.length + 50 }))
  assert.ok(Math.max(...placesPassed) <= 2, `passed over for ${Math.max(...placesPassed)} places`)
  await Promise.all(flood)
})
