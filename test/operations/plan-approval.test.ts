import assert from "node:assert/strict"
import { test } from "node:test"
import { nowMs, refusal } from "./operations-kit.ts"
import { isRegistered, minuteMs, openWorld, program, propose, show, type Plan, type World } from "./plans-kit.ts"

test("AGT-13 what is of high risk is made for an agent when another principal has approved it", async (t) => {
  const world = await openWorld(t)
  const { kit, agent, boss } = world
  const { id, digest } = await propose(world)
  assert.equal(isRegistered(world), false)
  assert.deepEqual([(await show(world, id)).state, (await show(world, id)).proposedBy], ["pending", "agent"])
  await assert.rejects(kit.run(agent, "apply_plan", { id }), refusal("plan_required", /waits for one/))
  const { plan } = (await kit.run(boss, "approve_plan", { id, digest })) as { plan: Plan }
  assert.deepEqual(
    [plan.state, plan.approvals],
    ["approved", [{ by: "boss", at: "2026-11-21T00:00:00.000Z", expiresAt: "2026-11-21T00:10:00.000Z" }]],
  )
  assert.equal(isRegistered(world), false)
  const made = (await kit.run(agent, "apply_plan", { id, digest })) as {
    plan: Plan
    output: { service: { name: string } }
  }
  assert.deepEqual([made.plan.state, made.output.service.name, isRegistered(world)], ["applied", "files", true])
  const { revisions } = await kit.history.page({}, { below: Number.POSITIVE_INFINITY, limit: 10 })
  assert.deepEqual(
    revisions.map(({ operation, plan, who }) => [operation, plan, who.kind === "principal" && who.name]),
    [["register_service", id, "agent"]],
  )
})

test("AGT-13 nobody approves a plan of their own, and an agent none for itself", async (t) => {
  const world = await openWorld(t)
  const { kit, agent } = world
  const asked = await propose(world)
  await assert.rejects(
    kit.run(agent, "approve_plan", asked),
    refusal("forbidden", /who proposes a plan does not approve/),
  )
  assert.equal((await show(world, asked.id)).state, "pending")
})

test("AGT-13 whom a plan would give more does not approve it", async (t) => {
  const world = await openWorld(t)
  const { kit } = world
  const made = await kit.join("friend", { permissions: ["govern"] })
  const { version, ...facts } = made.principal
  const principal = await kit.principals.replace({ ...facts, team: "friends" }, version)
  const friend = { ...made, principal }
  const { id: keyId } = (await kit.run(world.boss, "create_key", { principal: "friend" })) as { id: string }
  const quota = { target: "everything", limit: 5, window: "hour" }
  for (const subject of ["team:friends", `key:${keyId}`])
    await kit.run(world.boss, "set_quota", { ...quota, subject })
  const grants = { permissions: ["govern", "services:stdio:write"] }
  const plans = [
    await propose(world, "set_grants", { name: "friend", grants }),
    await propose(world, "create_key", { principal: "friend" }),
    await propose(world, "set_quota", { ...quota, subject: "team:friends", limit: 500 }),
    await propose(world, "set_quota", { ...quota, subject: `key:${keyId}`, limit: 500 }),
  ]
  for (const asked of plans)
    await assert.rejects(
      kit.run(friend, "approve_plan", asked),
      refusal("forbidden", /about what you may do yourself/),
    )
  await kit.run(world.boss, "approve_plan", plans[0])
})

test("AGT-13 an approval names the digest that was looked at", async (t) => {
  const world = await openWorld(t)
  const { kit, boss, agent } = world
  const { id, digest } = await propose(world)
  const flipped = `${digest.startsWith("A") ? "B" : "A"}${digest.slice(1)}`
  await assert.rejects(
    kit.run(boss, "approve_plan", { id, digest: flipped }),
    refusal("conflict", /another digest/),
  )
  await kit.run(boss, "approve_plan", { id, digest })
  await assert.rejects(
    kit.run(agent, "apply_plan", { id, digest: flipped }),
    refusal("conflict", /another digest/),
  )
  assert.equal(isRegistered(world), false)
})

test("AGT-13 a plan is applied once", async (t) => {
  const world = await openWorld(t)
  const { kit, boss, agent } = world
  const asked = await propose(world, "create_key", { principal: "boss", label: "x" }).catch(() => undefined)
  assert.equal(asked !== undefined, true)
  const other = await kit.join("other", { permissions: ["govern"] })
  await kit.run(other, "approve_plan", asked)
  const come = await Promise.allSettled([1, 2, 3].map(() => kit.run(agent, "apply_plan", { id: asked?.id })))
  assert.deepEqual(come.map(({ status }) => status).sort(), ["fulfilled", "rejected", "rejected"])
  await assert.rejects(kit.run(agent, "apply_plan", { id: asked?.id }), refusal("conflict", /applied already/))
  await assert.rejects(
    kit.run(boss, "reject_plan", { id: asked?.id, reason: "late" }),
    refusal("conflict", /applied already/),
  )
  assert.equal((await kit.keys.list({ limit: 10 })).items.length, 1)
})

test("AGT-13 only who proposed a plan applies it, so that a key's text goes to who asked for it", async (t) => {
  const world = await openWorld(t)
  const { kit, boss, agent } = world
  await kit.join("ann", { tools: { allow: ["a"] } })
  const asked = await propose(world, "create_key", { principal: "ann" })
  await kit.run(boss, "approve_plan", asked)
  await assert.rejects(kit.run(boss, "apply_plan", { id: asked.id }), refusal("forbidden", /only who proposed/))
  const stranger = await kit.join("stranger", { permissions: ["configure"] }, "agent")
  await assert.rejects(kit.run(stranger, "apply_plan", { id: asked.id }), refusal("not_found"))
  const { output } = (await kit.run(agent, "apply_plan", { id: asked.id })) as { output: { key: string } }
  assert.match(output.key, /^mm_/)
})

const changesBetween: Readonly<Record<string, (world: World) => Promise<unknown>>> = {
  "the service is changed": ({ kit, boss }) => kit.run(boss, "update_service", { name: "files", title: "Files" }),
  "the service is changed and changed back": async ({ kit, boss }) => {
    await kit.run(boss, "remove_service", { name: "files" })
    await kit.run(boss, "register_service", { name: "files", command: "/opt/other" })
  },
  "the service is gone": ({ kit, boss }) => kit.run(boss, "remove_service", { name: "files" }),
  "its proposer may no longer": ({ kit, boss }) =>
    kit.run(boss, "set_grants", { name: "agent", grants: { permissions: ["services:write", "plans:read"] } }),
  "its proposer may nothing of the kind": ({ kit, boss }) =>
    kit.run(boss, "set_grants", { name: "agent", grants: { permissions: ["observe"] } }),
}

for (const [what, change] of Object.entries(changesBetween)) {
  test(`a plan is not applied when ${what}`, async (t) => {
    const world = await openWorld(t)
    const { kit, boss, agent } = world
    await kit.run(boss, "register_service", program)
    const asked = await propose(world, "update_service", { name: "files", args: ["--all"] })
    await kit.run(boss, "approve_plan", asked)
    await change(world)
    const before = kit.history.head()
    await assert.rejects(kit.run(agent, "apply_plan", asked), refusal("conflict", /has changed since the plan/))
    assert.deepEqual([kit.history.head(), (await show(world, asked.id)).state], [before, "approved"])
  })
}

test("a plan over an identity is not applied when the identity has changed", async (t) => {
  const world = await openWorld(t)
  const { kit, boss, agent } = world
  const ann = await kit.join("ann")
  const asked = await propose(world, "set_grants", { name: "ann", grants: { tools: { allow: ["a"] } } })
  await kit.run(boss, "approve_plan", asked)
  await kit.run(boss, "set_grants", { name: "ann", grants: { tools: { allow: ["b"] } } })
  await kit.run(boss, "set_grants", { name: "ann", grants: {} })
  assert.deepEqual((await kit.principals.find(ann.principal.id))?.grants, ann.principal.grants)
  await assert.rejects(kit.run(agent, "apply_plan", asked), refusal("conflict", /something else now/))
})

test("AGT-13 a plan ends with its time, and an approval with its own", async (t) => {
  const world = await openWorld(t)
  const { kit, boss, agent } = world
  const { id, digest } = await propose(world)
  await kit.run(boss, "approve_plan", { id, digest })
  const late = { nowMs: nowMs + 10 * minuteMs }
  await assert.rejects(kit.run(agent, "apply_plan", { id }, late), refusal("plan_required", /waits for one/))
  assert.equal((await show(world, id, late.nowMs)).state, "pending")
  await kit.run(boss, "approve_plan", { id, digest }, late)
  const over = { nowMs: nowMs + 60 * minuteMs }
  await assert.rejects(kit.run(agent, "apply_plan", { id }, over), refusal("conflict", /has expired/))
  await assert.rejects(kit.run(boss, "approve_plan", { id, digest }, over), refusal("conflict", /has expired/))
  await assert.rejects(
    kit.run(boss, "reject_plan", { id, reason: "late" }, over),
    refusal("conflict", /has expired/),
  )
  assert.deepEqual([(await show(world, id, over.nowMs)).state, isRegistered(world)], ["expired", false])
})

test("an approval by who may no longer approve does not count", async (t) => {
  const world = await openWorld(t)
  const { kit, agent, boss } = world
  const other = await kit.join("other", { permissions: ["govern"] })
  const asked = await propose(world)
  await kit.run(other, "approve_plan", asked)
  await kit.run(boss, "set_grants", { name: "other", grants: { permissions: ["configure"] } })
  await assert.rejects(kit.run(agent, "apply_plan", asked), refusal("plan_required"))
  assert.equal(isRegistered(world), false)
})

test("AGT-13 what cannot be shown whole to who approves is not planned", async (t) => {
  const world = await openWorld(t)
  const { kit, boss, agent } = world
  const hidden = { ...program, args: ["a".repeat(20_000), "--and-then-something-else"] }
  await assert.rejects(kit.run(agent, "register_service", hidden), refusal("too_large", /in smaller steps/))
  const { plan } = (await kit.run(agent, "register_service", { ...hidden, dry_run: true })) as { plan: Plan }
  await assert.rejects(kit.run(agent, "apply_plan", { id: plan.id }), refusal("plan_required"))
  const { id, digest } = plan
  await assert.rejects(kit.run(boss, "approve_plan", { id, digest }), refusal("too_large"))
  const shown = { ...program, args: ["a".repeat(2_000), "--and-then-something-else"] }
  const { id: seen } = await propose(world, "register_service", shown)
  assert.match(await kit.say(boss, "get_plan", { id: seen }), /--and-then-something-else/)
})
