import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import { callArguments, callResult, hourMs, recordCall, walk } from "./audit-kit.ts"
import { admins, nowMs, openKit, refusal, type Kit } from "./operations-kit.ts"

type Row = Readonly<Record<string, unknown>> & { readonly group: object; readonly calls: number }
type Used = {
  readonly rows: readonly Row[]
  readonly from: string
  readonly to: string
  readonly nextCursor?: string
}

async function openUsed(t: TestContext): Promise<{ kit: Kit; admin: ActivePrincipal }> {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const { recorder } = kit
  await recordCall(recorder, { id: "c1", tool: "geo__find", agoMs: 5 * hourMs, tags: ["maps", "eu"] })
  await recordCall(recorder, {
    id: "c2",
    tool: "geo__find",
    outcome: "timeout",
    durationMs: 400,
    costMicroUsd: 1_500_000,
  })
  await recordCall(recorder, { id: "c3", tool: "geo__show", who: "bob" })
  await recordCall(recorder, { id: "c4", tool: "mail__send", who: "bob", outcome: "tool_error" })
  return { kit, admin }
}

async function groups(kit: Kit, actor: ActivePrincipal, input: object): Promise<Readonly<Record<string, number>>> {
  const { rows } = (await kit.run(actor, "get_usage", input)) as Used
  return Object.fromEntries(
    rows.map(({ group, calls, time }) => [[time, ...Object.values(group)].flat().join(" ").trim(), calls]),
  )
}

test("usage is summed by service for the last day unless asked otherwise", async (t) => {
  const { kit, admin } = await openUsed(t)
  const { rows, from, to } = (await kit.run(admin, "get_usage")) as Used
  assert.deepEqual([from, to], ["2026-11-20T00:00:00.000Z", "2026-11-21T00:00:00.000Z"])
  const geo = rows.find(({ group }) => "service" in group && group.service === "geo")
  assert.deepEqual(geo, {
    time: undefined,
    group: { service: "geo" },
    calls: 3,
    errors: 1,
    bytesIn: 3 * callArguments.length,
    bytesOut: 3 * callResult.length,
    computeMs: 220,
    durationMs: 440,
    costUsd: 1.5,
  })
  assert.deepEqual(await groups(kit, admin, {}), { geo: 3, mail: 1 })
  assert.match(await kit.say(admin, "get_usage"), /^From 2026.*\nSERVICE +CALLS[^]*geo +3 +1 /)
})

test("usage is split by what is asked for, and per hour", async (t) => {
  const { kit, admin } = await openUsed(t)
  assert.deepEqual(await groups(kit, admin, { by: [] }), { "": 4 })
  assert.deepEqual(await groups(kit, admin, { by: ["principal", "service"] }), {
    "ann geo": 2,
    "bob geo": 1,
    "bob mail": 1,
  })
  assert.deepEqual(await groups(kit, admin, { by: ["outcome"], service: "geo" }), { ok: 2, timeout: 1 })
  assert.deepEqual(await groups(kit, admin, { by: ["tool"], principal: "bob" }), { geo__show: 1, mail__send: 1 })
  assert.deepEqual(await groups(kit, admin, { by: ["tag"], service: "geo", tool: "geo__find" }), {
    eu: 1,
    maps: 1,
    "": 1,
  })
  assert.deepEqual(await groups(kit, admin, { by: [], from: "-1h" }), { "": 3 })
  assert.deepEqual(await groups(kit, admin, { by: [], per: "hour" }), {
    "2026-11-20T19:00:00.000Z": 1,
    "2026-11-20T23:00:00.000Z": 3,
  })
  assert.match(await kit.say(admin, "get_usage", { per: "day", by: ["key"] }), /TIME +KEY +CALLS[^]*key-of-bob/)
  assert.match(await kit.say(admin, "get_usage", { service: "none" }), /nothing was used/)
})

test("the pages of usage are of one range, however long they take", async (t) => {
  const { kit, admin } = await openUsed(t)
  let laterMs = nowMs
  const rows = await walk(async (cursor) => {
    const input = { by: ["tool", "principal"], limit: 1, from: "-6h", ...cursor }
    const page = (await kit.run(admin, "get_usage", input, { nowMs: laterMs })) as Used
    laterMs += hourMs
    assert.deepEqual([page.from, page.to], ["2026-11-20T18:00:00.000Z", "2026-11-21T00:00:00.000Z"])
    return { items: page.rows, nextCursor: page.nextCursor }
  })
  assert.deepEqual(
    rows
      .map(
        ({ group, calls }) =>
          `${Object.values(group)
            .toSorted((a, b) => (a < b ? -1 : 1))
            .join(" ")} ${calls}`,
      )
      .sort(),
    ["ann geo__find 2", "bob geo__show 1", "bob mail__send 1"],
  )
  await assert.rejects(kit.run(admin, "get_usage", { cursor: "nonsense" }), refusal("invalid", /cursor/))
})

test("a range begins where what is kept of it begins", async (t) => {
  const { kit, admin } = await openUsed(t)
  const fromOf = async (from: string): Promise<string> =>
    ((await kit.run(admin, "get_usage", { from })) as Used).from
  assert.equal(await fromOf("2026-11-20T10:11:12Z"), "2026-11-20T10:11:00.000Z")
  assert.equal(await fromOf("2026-11-10T10:11:12Z"), "2026-11-10T10:00:00.000Z")
  assert.equal(await fromOf("2026-01-10T10:11:12Z"), "2026-01-10T00:00:00.000Z")
})

test("without usage:read everybody sees their own usage and nobody else's", async (t) => {
  const { kit } = await openUsed(t)
  const bob = await kit.join("bob", { permissions: ["self:read"] })
  assert.deepEqual(await groups(kit, bob, { by: ["principal", "tool"] }), {
    "bob geo__show": 1,
    "bob mail__send": 1,
  })
  assert.deepEqual(await groups(kit, bob, { by: [], principal: "bob" }), { "": 2 })
  await assert.rejects(kit.run(bob, "get_usage", { principal: "ann" }), refusal("forbidden", /usage:read/))
  await assert.rejects(kit.run(bob, "get_tool_usage", { tool: "geo__find" }), refusal("not_found"))
  const reader = await kit.join("reader", { permissions: ["operate"] })
  assert.deepEqual(await groups(kit, reader, { by: ["principal"], principal: "ann" }), { ann: 2 })
})

test("a tool is shown with its latencies and how its calls ended", async (t) => {
  const { kit, admin } = await openUsed(t)
  const used = await kit.run(admin, "get_tool_usage", { tool: "geo__find" })
  const { p50Ms, p95Ms, p99Ms, ...rest } = used
  assert.deepEqual(rest, {
    tool: "geo__find",
    from: "2026-11-20T00:00:00.000Z",
    to: "2026-11-21T00:00:00.000Z",
    calls: 2,
    errors: 1,
    bytesIn: 2 * callArguments.length,
    bytesOut: 2 * callResult.length,
    computeMs: 210,
    durationMs: 420,
    costUsd: 1.5,
    outcomes: { ok: 1, timeout: 1 },
  })
  for (const [found, ms] of [
    [p50Ms, 20],
    [p95Ms, 400],
    [p99Ms, 400],
  ] as const)
    // oxfmt-ignore
    assert.ok(Math.abs(Number(found) / ms - 1) <= 0.05, `${String(found)} is not about ${ms}`)
  assert.match(await kit.say(admin, "get_tool_usage", { tool: "geo__find" }), /2 calls[^]*timeout +1/)
  assert.match(await kit.say(admin, "get_tool_usage", { tool: "geo__hide" }), /was not called/)
  assert.equal((await kit.run(admin, "get_tool_usage", { tool: "geo__find", from: "-30m" }))["calls"], 1)
})
