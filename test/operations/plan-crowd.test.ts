/** A change about more principals than a plan keeps the ids of, and who may decide on it all the same. */

import assert from "node:assert/strict"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { grantsSchema } from "../../src/domain/permission.ts"
import type { ActivePrincipal, Principal } from "../../src/domain/principal.ts"
import { emptyState, writeState } from "../../src/stores/json/state.ts"
import { makeFolder } from "../fleet/fleet-kit.ts"
import { nowMs, refusal, type Kit } from "./operations-kit.ts"
import { openWorld, propose, show } from "./plans-kit.ts"

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
  const folder = await makeFolder(t)
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
