/**
 * Plans and people: of whom a plan tells its readers, who decides on one about a crowd, and what becomes of an approval
 * whose giver could not give it any more.
 */

import assert from "node:assert/strict"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { grantsSchema } from "../../src/domain/permission.ts"
import type { ActivePrincipal, Principal } from "../../src/domain/principal.ts"
import { planRow } from "../../src/operations/plans/plan-row.ts"
import { emptyState, writeState } from "../../src/stores/json/state.ts"
import { planPage } from "../../src/surfaces/http/plan-html.ts"
import { makeFolder } from "../support/folder.ts"
import { hello, nowMs, openKit, refusal, type Kit } from "./operations-kit.ts"
import { isRegistered, openWorld, propose, show, type Plan } from "./plans-kit.ts"

const everyTool = { tools: { allow: ["*"] } }
const names = ["annabella", "bobolink", "proposer"]
const change = { name: "hello", title: "Hello" }

type Affects = Plan["affects"]["principals"]

async function affectsOf(kit: Kit, reader: ActivePrincipal, id: string): Promise<Affects> {
  return ((await kit.run(reader, "get_plan", { id })) as { plan: Plan }).plan.affects.principals
}

test("AUTHZ-10 a plan tells who may not read principals how many it affects, and names nobody else", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", { permissions: ["govern", "services:stdio:write"] })
  await kit.run(boss, "register_service", { name: "hello", ...hello, enabled: false })
  for (const name of ["annabella", "bobolink"]) await kit.join(name, everyTool)
  const proposer = await kit.join("proposer", { permissions: ["configure", "services:stdio:write"], ...everyTool })
  const decider = await kit.join("decider", { permissions: ["plans:read", "plans:approve"] })

  const dry = (await kit.run(proposer, "update_service", { ...change, dry_run: true })) as { plan: Plan }
  assert.deepEqual(dry.plan.affects.principals, { count: 3, names: ["proposer"] })
  const { id } = dry.plan
  assert.deepEqual(await affectsOf(kit, proposer, id), { count: 3, names: ["proposer"] })
  assert.deepEqual(await affectsOf(kit, decider, id), { count: 3, names: [] })
  assert.deepEqual(await affectsOf(kit, boss, id), { count: 3, names })

  const page = async (reader: ActivePrincipal): Promise<string> =>
    planPage(planRow.parse(((await kit.run(reader, "get_plan", { id })) as { plan: Plan }).plan), "")
  assert.doesNotMatch(await page(decider), /annabella|bobolink/)
  assert.match(await page(boss), /3 principals \(annabella, bobolink, proposer\)/)
  for (const reader of [proposer, decider]) {
    const told = [await kit.say(reader, "get_plan", { id }), JSON.stringify(await kit.run(reader, "list_plans"))]
    assert.doesNotMatch(told.join(), /annabella|bobolink/)
  }
  const applied = (await kit.run(proposer, "apply_plan", { id })) as { plan: Plan }
  assert.deepEqual(applied.plan.affects.principals.names, ["proposer"])
})

test("what a plan says of others follows what its reader may read now", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", { permissions: ["govern", "services:stdio:write"] })
  await kit.run(boss, "register_service", { name: "hello", ...hello, enabled: false })
  await kit.join("annabella", everyTool)
  const rights = ["configure", "services:stdio:write", "grants:write"]
  const proposer = await kit.join("proposer", { permissions: [...rights, "principals:read"] })
  const { plan } = (await kit.run(proposer, "update_service", { ...change, dry_run: true })) as { plan: Plan }
  assert.deepEqual(plan.affects.principals, { count: 1, names: ["annabella"] })
  await kit.run(boss, "set_grants", { name: "proposer", grants: { permissions: rights } })
  assert.deepEqual(await affectsOf(kit, proposer, plan.id), { count: 1, names: [] })
})

const size = 1_500

const crowd = Array.from({ length: size }, (_, at): Principal => ({
  id: `id-${String(at).padStart(6, "0")}`,
  name: `one-${at}`,
  kind: "human",
  team: "crowd",
  grants: grantsSchema.parse(at === size - 1 ? { permissions: ["govern"] } : {}),
  disabled: false,
  createdAtMs: 0,
  createdBy: "first-start",
  version: 1,
})) // oxfmt-ignore

const policy = {
  id: "crowd",
  name: "Crowd",
  mode: "enforce",
  rules: [{ id: "all", effect: "allow", subject: { teams: ["crowd"] }, target: { tools: ["x__*"] } }],
}

async function move({ principals }: Kit, { principal: { id } }: ActivePrincipal, team: string): Promise<void> {
  const found = await principals.find(id)
  assert.ok(found)
  await principals.replace({ ...found, team }, found.version)
}

test("AGT-13 whom a change is about decides on it never, however many they are", async (t) => {
  const folder = makeFolder()
  await mkdir(join(folder, "data"), { mode: 0o700 })
  await writeFile(join(folder, "data/state.json"), writeState({ ...emptyState, principals: crowd }), {
    mode: 0o600,
  })
  const world = await openWorld(t, folder)
  const { kit, agent, boss } = world
  const member = crowd.at(-1)
  assert.ok(member)
  const asked = await propose(world, "set_policy", { policy })
  assert.equal((await show(world, asked.id)).affects.principals.count, size)

  const ofCrowd = { principal: member, may: boss.may }
  await assert.rejects(kit.run(ofCrowd, "approve_plan", asked), refusal("forbidden", /more than 1000 principals/))
  await move(kit, ofCrowd, "elsewhere")
  await assert.rejects(kit.run(ofCrowd, "approve_plan", asked), refusal("forbidden", /more than 1000 principals/))
  const late = await kit.join("late", boss.principal.grants)
  await assert.rejects(kit.run(late, "approve_plan", asked), refusal("forbidden", /planned anew/))

  await kit.run(boss, "approve_plan", asked)
  await move(kit, boss, "crowd")
  await assert.rejects(kit.run(agent, "apply_plan", asked), refusal("plan_required", /approve it again/))
  await move(kit, boss, "elsewhere")
  await kit.run(boss, "approve_plan", asked)
  await kit.run(agent, "apply_plan", asked)
  assert.equal((await kit.policies.find("crowd"))?.createdAtMs, nowMs)
})

type Approver = ActivePrincipal & { readonly keyId: string }

/** Somebody who approves, and comes with a key of their own. */
async function joinWithKey(kit: Kit, name: string, kind: "human" | "agent" = "human"): Promise<Approver> {
  const approver = await kit.join(name, { permissions: ["plans:read", "plans:approve"] }, kind)
  return { ...approver, keyId: await giveKey(kit, approver, "first-start") }
}

async function giveKey({ keys }: Kit, { principal }: ActivePrincipal, createdBy: string): Promise<string> {
  const { items } = await keys.list({ limit: 100 })
  const key = { id: `key-${items.length}`, hash: "$argon2id$never", label: "", createdAtMs: 0, createdBy }
  return (await keys.insert({ ...key, principalId: principal.id })).id
}

const shutOut: Readonly<Record<string, (kit: Kit, boss: ActivePrincipal, keyId: string) => Promise<unknown>>> = {
  removed: (kit, boss) => kit.run(boss, "remove_principal", { name: "removed" }),
  disabled: (kit, boss) => kit.run(boss, "set_principal", { name: "disabled", disabled: true }),
  degraded: (kit, boss) =>
    kit.run(boss, "set_grants", { name: "degraded", grants: { permissions: ["configure"] } }),
  keyless: (kit, boss, id) => kit.run(boss, "revoke_key", { id }),
}

test("AGT-13 an approval counts no longer when its giver is shut out, and another may give it anew", async (t) => {
  const world = await openWorld(t)
  const { kit, agent, boss } = world
  const asked = await propose(world)
  for (const [name, shut] of Object.entries(shutOut)) {
    const approver = await joinWithKey(kit, name)
    await kit.run(approver, "approve_plan", asked)
    assert.equal((await show(world, asked.id)).state, "approved")
    await shut(kit, boss, approver.keyId)
    await assert.rejects(kit.run(agent, "apply_plan", asked), refusal("plan_required", /approve it again/))
    const { state, approvals } = await show(world, asked.id)
    assert.deepEqual([state, approvals, isRegistered(world)], ["pending", [], false], name)
    await assert.rejects(kit.run(agent, "apply_plan", asked), refusal("plan_required", /waits for one/))
  }
  const rotating = await joinWithKey(kit, "rotating")
  await giveKey(kit, rotating, boss.principal.id)
  await kit.run(rotating, "approve_plan", asked)
  await kit.run(boss, "revoke_key", { id: rotating.keyId })
  await kit.run(agent, "apply_plan", asked)
  assert.equal(isRegistered(world), true)
})

test("AGT-13 an approval counts no longer when its giver has come to be who may not give it", async (t) => {
  const world = await openWorld(t)
  const { kit, agent, boss } = world
  const quota = { subject: "team:crew", target: "everything", limit: 5, window: "hour" }
  await kit.run(boss, "set_quota", quota)
  const asked = await propose(world, "set_quota", { ...quota, limit: 500 })
  await kit.run(await joinWithKey(kit, "ann"), "approve_plan", asked)
  await kit.run(boss, "set_principal", { name: "ann", team: "crew" })
  await assert.rejects(kit.run(agent, "apply_plan", asked), refusal("plan_required", /approve it again/))

  const twin = await joinWithKey(kit, "twin", "agent")
  await kit.run(twin, "approve_plan", asked)
  await giveKey(kit, agent, twin.principal.id)
  await assert.rejects(kit.run(agent, "apply_plan", asked), refusal("plan_required", /approve it again/))
})
