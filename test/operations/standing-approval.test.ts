/** What becomes of an approval when its giver could not give it any more: it counts only while they could. */

import assert from "node:assert/strict"
import { test } from "node:test"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import { refusal, type Kit } from "./operations-kit.ts"
import { isRegistered, openWorld, propose, show } from "./plans-kit.ts"

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
