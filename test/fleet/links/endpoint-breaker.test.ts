import assert from "node:assert/strict"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { GatewayError } from "../../../src/errors.ts"
import { callTool, openFleet, until, type Opened } from "../fleet-kit.ts"
import { failingService, type Way } from "./failing-service.ts"

async function outcomeOf(
  fleet: Opened["fleet"],
  given: Parameters<typeof callTool>[4] = {},
): Promise<GatewayError | undefined> {
  try {
    await callTool(fleet, "far", "do", {}, given)
    return undefined
  } catch (thrown) {
    return GatewayError.from(thrown)
  }
}

const long = { waitMs: 600_000, maxWaitMs: 600_000 }

test("while a service is left alone its callers are told at once, when to come back too, and it is sent nothing", async (t) => {
  const service = await failingService(t, "500")
  const { fleet } = await openFleet(t, { far: { url: service.url } }, { breaker: long })
  await fleet.settled()
  for (let calls = 0; calls < 3; calls++) await outcomeOf(fleet)
  const refused = await outcomeOf(fleet)
  assert.equal(refused?.code, "service_unavailable")
  assert.ok(refused.retryAfterMs && refused.retryAfterMs > 250_000)
  assert.deepEqual(refused.detail, { sent: false, breaker: "open", service: "far" })
  assert.equal(service.calls(), 3)
  const [status] = fleet.status()
  assert.deepEqual([status?.state, status?.endpoints[0]?.breaker], ["down", "open"])
  assert.match(fleet.issues()[0]?.message ?? "", /failed too often, and it gets no calls for a while.*HTTP 500/)
  const { healthy, message } = await fleet.check("far")
  assert.deepEqual([healthy, message?.includes("its breaker is open")], [true, true])
  assert.equal(fleet.offers()[0]?.items.tools.length, 1, "its tools stay listed")
})

for (const way of ["500", "garbage", "reset", "silence"] satisfies Way[]) {
  test(`three calls that end with ${way} are failures of the service`, async (t) => {
    const service = await failingService(t, way)
    const { fleet } = await openFleet(t, { far: { url: service.url, timeoutMs: 100 } }, { breaker: long })
    await fleet.settled()
    for (let calls = 0; calls < 3; calls++) await outcomeOf(fleet)
    assert.equal(fleet.status()[0]?.endpoints[0]?.breaker, "open")
  })
}

for (const way of ["tool error", "invalid params", "403", "429"] satisfies Way[]) {
  test(`calls that end with ${way} are no failures of the service`, async (t) => {
    const service = await failingService(t, way)
    const { fleet } = await openFleet(t, { far: { url: service.url } }, { breaker: long })
    await fleet.settled()
    for (let calls = 0; calls < 25; calls++) await outcomeOf(fleet)
    assert.equal(fleet.status()[0]?.endpoints[0]?.breaker, "closed")
    assert.equal(service.calls(), 25)
  })
}

test("callers who go away say nothing of the service", async (t) => {
  const service = await failingService(t, "silence")
  const { fleet } = await openFleet(t, { far: { url: service.url } }, { breaker: long })
  await fleet.settled()
  for (let calls = 0; calls < 5; calls++) {
    const leaving = new AbortController()
    const call = outcomeOf(fleet, { exchange: { signal: leaving.signal } })
    await until("it was sent", () => service.calls() === calls + 1)
    leaving.abort(new GatewayError("timeout", "The client has no time."))
    await call
  }
  assert.equal(fleet.status()[0]?.endpoints[0]?.breaker, "closed")
})

test("DS-21 a service that is well again is tried with one call, and then gets all", async (t) => {
  const service = await failingService(t, "500")
  const rules = { failures: 3, waitMs: 100, maxWaitMs: 200 }
  const { fleet } = await openFleet(t, { far: { url: service.url, breaker: rules } })
  await fleet.settled()
  for (let calls = 0; calls < 3; calls++) await outcomeOf(fleet)
  await until("its time has come", () => fleet.status()[0]?.endpoints[0]?.breaker === "half_open")
  service.way = "silence"
  const leaving = new AbortController()
  const probe = outcomeOf(fleet, { exchange: { signal: leaving.signal } })
  await until("the probe is out", () => service.calls() === 4)
  const others = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(fleet)))
  assert.ok(others.every((refused) => refused?.code === "service_unavailable" && refused.retryAfterMs))
  assert.equal(service.calls(), 4)
  leaving.abort()
  await probe
  service.way = "well"
  assert.equal(await outcomeOf(fleet), undefined)
  assert.deepEqual([fleet.status()[0]?.endpoints[0]?.breaker, fleet.status()[0]?.state], ["closed", "up"])
  assert.deepEqual(fleet.issues(), [])
})

test("the other endpoints take the calls of one that is left alone", async (t) => {
  const [bad, good] = [await failingService(t, "500"), await failingService(t)]
  const { fleet } = await openFleet(
    t,
    { far: { endpoints: [{ url: bad.url }, { url: good.url }] } },
    { breaker: long },
  )
  await fleet.settled()
  await until("both are up", () => fleet.status()[0]?.state === "up")
  for (let calls = 0; calls < 20; calls++) await outcomeOf(fleet)
  assert.equal(bad.calls(), 3)
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(fleet)))
  assert.deepEqual(
    outcomes.filter((failed) => failed !== undefined),
    [],
  )
  assert.equal(good.calls(), 37)
  assert.equal(fleet.status()[0]?.state, "degraded")
})

test("a call that was sent once and is refused the second time is not said to be unsent", async (t) => {
  const service = await failingService(t, "500")
  const { fleet } = await openFleet(t, { far: { url: service.url } }, { breaker: { ...long, failures: 1 } })
  await fleet.settled()
  const failed = await outcomeOf(fleet, { repeatable: true })
  assert.deepEqual([failed?.detail["sent"], failed?.detail["status"], service.calls()], [true, 500, 1])
})

test("calls that wait when it opens are refused too", async (t) => {
  const service = await failingService(t, "silence")
  const far = { url: service.url, timeoutMs: 1_600, concurrency: 3 }
  const { fleet } = await openFleet(t, { far }, { breaker: long })
  await fleet.settled()
  const inside = Array.from({ length: 3 }, () => outcomeOf(fleet))
  await until("they were sent", () => service.calls() === 3)
  await sleep(800)
  const waiting = await Promise.all(Array.from({ length: 7 }, () => outcomeOf(fleet)))
  assert.deepEqual(new Set((await Promise.all(inside)).map((error) => error?.code)), new Set(["timeout"]))
  assert.deepEqual(new Set(waiting.map((error) => error?.detail["breaker"])), new Set(["open"]))
  assert.equal(service.calls(), 3)
})

test("a program of one caller's own that fails keeps nobody else from theirs", async (t) => {
  const way = { command: process.execPath, args: ["test/fleet/wayward-service.ts"], cwd: process.cwd() }
  const { fleet } = await openFleet(t, { far: { ...way, isolation: "principal" } }, { breaker: long })
  await fleet.settled()
  for (let calls = 0; calls < 4; calls++)
    await callTool(fleet, "far", "crash", {}, { principalId: "ann" }).catch(() => undefined)
  assert.ok((await callTool(fleet, "far", "pid", {}, { principalId: "ben" })).result)
})
