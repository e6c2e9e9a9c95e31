import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import { mkdir, rmdir } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import type { GatewayError } from "../../src/errors.ts"
import { createSealer } from "../../src/identity/sealer.ts"
import type { OperationContext } from "../../src/operations/operation.ts"
import { hello, nowMs, refusal } from "./operations-kit.ts"
import { isRegistered, minuteMs, openWorld, program, propose, show, type Plan } from "./plans-kit.ts"

test("what is shown and kept of a plan holds none of its secrets", async (t) => {
  const world = await openWorld(t)
  const { id } = await propose(world)
  const shown = await show(world, id)
  const kept = await world.kit.plans.find(id)
  assert.ok(!JSON.stringify([shown, kept]).includes("never-to-be-seen"))
  assert.ok(JSON.stringify(shown).includes('+ env.TOKEN: \\"***\\"'))
})

test("a rejected plan is over, and says why", async (t) => {
  const world = await openWorld(t)
  const { kit, boss, agent } = world
  const asked = await propose(world)
  const { id } = asked
  await kit.run(boss, "reject_plan", { id, reason: "Not this one." })
  const { state, rejection } = await show(world, id)
  assert.deepEqual([state, rejection?.by, rejection?.reason], ["rejected", "boss", "Not this one."])
  await assert.rejects(kit.run(boss, "approve_plan", asked), refusal("conflict", /was rejected/))
  await assert.rejects(kit.run(agent, "apply_plan", asked), refusal("conflict", /was rejected/))
})

test("everybody sees and takes back their own plans, and no other's", async (t) => {
  const world = await openWorld(t)
  const { kit, agent } = world
  const writer = await kit.join("writer", { permissions: ["configure"] })
  const { plan } = (await kit.run(writer, "register_service", {
    name: "web",
    url: "https://files.example/mcp",
    enabled: false,
    dry_run: true,
  })) as { plan: Plan }
  const asked = await propose(world)
  const listed = async (who: ActivePrincipal, state?: string): Promise<readonly string[]> =>
    ((await kit.run(who, "list_plans", { ...(state !== undefined && { state }) })) as { plans: Plan[] }).plans.map(
      ({ id }) => id,
    )
  assert.deepEqual(await listed(writer), [plan.id])
  assert.deepEqual([...(await listed(world.boss))].sort(), [plan.id, asked.id].sort())
  assert.deepEqual(await listed(world.boss, "pending"), [asked.id])
  assert.match(await kit.say(world.boss, "list_plans"), /pending +high +agent +register_service +service files/)
  await assert.rejects(kit.run(writer, "get_plan", { id: asked.id }), refusal("not_found"))
  await assert.rejects(kit.run(writer, "reject_plan", { id: asked.id, reason: "x" }), refusal("not_found"))
  await assert.rejects(kit.run(writer, "approve_plan", asked), refusal("not_found"))
  await kit.run(agent, "reject_plan", { id: asked.id, reason: "A mistake." })
  assert.deepEqual(await listed(agent, "pending"), [])
  const nobody = await kit.join("nobody")
  await assert.rejects(kit.run(nobody, "list_plans"), refusal("not_found"))
})

test("a dry run is applied as it was shown, and waits for an approval where it needs one", async (t) => {
  const world = await openWorld(t)
  const { kit, boss, agent } = world
  const drafted = (await kit.run(boss, "register_service", { ...program, dry_run: true })) as { plan: Plan }
  const same = (await kit.run(agent, "register_service", { ...program, dry_run: true })) as { plan: Plan }
  const { id, digest } = same.plan
  await assert.rejects(
    kit.run(boss, "approve_plan", { id, digest }),
    refusal("conflict", /not asked to be applied/),
  )
  await assert.rejects(kit.run(agent, "apply_plan", { id }), refusal("plan_required"))
  assert.equal((await show(world, id)).state, "pending")
  await kit.run(boss, "apply_plan", { id: drafted.plan.id })
  assert.ok(isRegistered(world))
})

test("who asks again for what waits already is told of the same plan", async (t) => {
  const world = await openWorld(t)
  const { kit, boss, agent } = world
  const first = await propose(world)
  assert.deepEqual(await propose(world), first)
  assert.notDeepEqual(await propose(world, "register_service", { ...program, args: ["x"] }), first)
  await kit.run(boss, "approve_plan", first)
  const again = kit.run(agent, "register_service", program)
  await assert.rejects(again, (thrown) => {
    assert.ok(refusal("plan_required", /is approved: perform it with apply_plan/)(thrown))
    assert.deepEqual((thrown as GatewayError).next, { operation: "apply_plan", arguments: { id: first.id } })
    return true
  })
})

test("whose changes need an approval is a setting", async (t) => {
  const world = await openWorld(t)
  const { kit, boss, agent } = world
  const governance = {
    planMs: minuteMs,
    approvalMs: minuteMs,
    plansPerPrincipal: 5,
    plans: 10,
    maxAccessMinutes: 60,
  }
  const given = (approval: OperationContext["governance"]["approval"]): Partial<OperationContext> => ({
    governance: { ...governance, approval },
  })
  await assert.rejects(kit.run(boss, "register_service", program, given("all")), refusal("plan_required"))
  await kit.run(agent, "register_service", program, given("off"))
  await kit.run(agent, "toggle_service", { name: "files", enabled: false }, given("agents"))
  await assert.rejects(
    kit.run(agent, "remove_service", { name: "files" }, given("agents")),
    refusal("plan_required"),
  )
  await kit.run(boss, "remove_service", { name: "files" }, given("agents"))
})

test("there are only so many open plans, and dry runs make room for others", async (t) => {
  const world = await openWorld(t)
  const { kit, boss, agent } = world
  const governance = {
    approval: "agents",
    planMs: minuteMs,
    approvalMs: minuteMs,
    plansPerPrincipal: 2,
    maxAccessMinutes: 60,
    plans: 3,
  } as const
  const dry = { ...program, dry_run: true }
  const plan = (who: ActivePrincipal, input: object, at = 0): Promise<unknown> =>
    kit.run(who, "register_service", input, { governance, nowMs: nowMs + at })
  const own = async (who: ActivePrincipal): Promise<number> =>
    ((await kit.run(who, "list_plans")) as { plans: Plan[] }).plans.filter(
      ({ proposedBy }) => proposedBy === who.principal.name,
    ).length
  for (const at of [1, 2, 3]) await plan(boss, dry, at)
  assert.equal(await own(boss), 2)
  await assert.rejects(plan(agent, { ...program, name: "a" }), refusal("plan_required"))
  await assert.rejects(plan(agent, { ...program, name: "b" }), refusal("overloaded", /governance\.plans\b/))
  await kit.run(boss, "reject_plan", {
    id: (await kit.plans.list({ limit: 10 })).items.find(({ state }) => state === "drafted")?.id,
    reason: "x",
  })
  await assert.rejects(plan(agent, { ...program, name: "b" }), refusal("plan_required"))
  await assert.rejects(
    plan(agent, { ...program, name: "c" }),
    refusal("conflict", /governance\.plansPerPrincipal/),
  )
  await plan(boss, dry, 2 * minuteMs)
  const states = (await kit.plans.list({ limit: 10 })).items.map(({ state }) => state).sort()
  assert.deepEqual(states, ["drafted", "expired", "expired", "expired", "rejected"])
  await plan(boss, dry, 2 * 86_400_000)
  assert.equal((await kit.plans.list({ limit: 10 })).items.length, 2)
})

test("a plan that cannot be applied now is there to be applied later", async (t) => {
  const world = await openWorld(t)
  const { kit, boss, agent } = world
  const asked = await propose(world)
  await kit.run(boss, "approve_plan", asked)
  const blocker = join(kit.folder, "servers.d", "files.json")
  await mkdir(blocker)
  await assert.rejects(kit.run(agent, "apply_plan", asked), refusal("conflict", /holds something else/))
  assert.equal((await show(world, asked.id)).state, "approved")
  await rmdir(blocker)
  await kit.run(agent, "apply_plan", asked)
  assert.ok(isRegistered(world))
})

test("a plan says whom and which tools it touches", async (t) => {
  const world = await openWorld(t)
  const { kit, boss } = world
  await kit.run(boss, "register_service", { name: "hello", ...hello })
  await kit.join("ann", { tools: { allow: ["hello__add", "other__*"] } })
  await kit.join("bob", { tools: { allow: ["*"], deny: ["hello__*"] } })
  const { id: keyId } = (await kit.run(boss, "create_key", { principal: "ann" })) as { id: string }
  const affected = async (operation: string, input: object): Promise<unknown> => {
    const { affects } = ((await kit.run(boss, operation, { ...input, dry_run: true })) as { plan: Plan }).plan
    return [affects.principals.names, affects.tools.names]
  }
  const tools = ["hello__add", "hello__countdown", "hello__greet"]
  const quota = { limit: 1, window: "hour" }
  assert.deepEqual(await affected("toggle_service", { name: "hello", enabled: false }), [
    ["agent", "ann", "boss"],
    tools,
  ])
  assert.deepEqual(await affected("register_service", { name: "other", command: "/opt/x" }), [
    ["agent", "ann", "bob", "boss"],
    [],
  ])
  assert.deepEqual(await affected("set_grants", { name: "ann", grants: { tools: { allow: ["hello__greet"] } } }), [
    ["ann"],
    ["hello__add", "hello__greet"],
  ])
  assert.deepEqual(await affected("revoke_key", { id: keyId }), [["ann"], []])
  assert.deepEqual(await affected("set_quota", { ...quota, subject: `key:${keyId}`, target: "tool:*__add" }), [
    ["ann"],
    ["hello__add"],
  ])
  assert.deepEqual(await affected("set_quota", { ...quota, subject: "everyone", target: "service:hello" }), [
    ["agent", "ann", "bob", "boss"],
    tools,
  ])
})

test("what was planned under another key of the gateway is planned anew", async (t) => {
  const world = await openWorld(t)
  const { kit, boss, agent } = world
  const asked = await propose(world)
  await kit.run(boss, "approve_plan", asked)
  const sealer = createSealer(randomBytes(32))
  await assert.rejects(
    kit.run(agent, "apply_plan", asked, { sealer }),
    refusal("conflict", /cannot be read any more/),
  )
  await assert.rejects(kit.run(agent, "register_service", program, { sealer }), (thrown) => {
    assert.ok(refusal("plan_required")(thrown))
    assert.notEqual((thrown as GatewayError).detail["plan"], asked.id)
    return true
  })
})
