/** Who reads a plan decides what it says of others: whoever may not read principals learns no names from it. */

import assert from "node:assert/strict"
import { test } from "node:test"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import { planRow } from "../../src/operations/plans/plan-row.ts"
import { planPage } from "../../src/surfaces/http/plan-html.ts"
import { hello, openKit, type Kit } from "./operations-kit.ts"
import type { Plan } from "./plans-kit.ts"

const everyTool = { tools: { allow: ["*"] } }
const names = ["ann", "bob", "proposer"]
const change = { name: "hello", title: "Hello" }

type Affects = Plan["affects"]["principals"]

async function affectsOf(kit: Kit, reader: ActivePrincipal, id: string): Promise<Affects> {
  return ((await kit.run(reader, "get_plan", { id })) as { plan: Plan }).plan.affects.principals
}

test("AUTHZ-10 a plan tells who may not read principals how many it affects, and names nobody else", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", { permissions: ["govern", "services:stdio:write"] })
  await kit.run(boss, "register_service", { name: "hello", ...hello, enabled: false })
  for (const name of ["ann", "bob"]) await kit.join(name, everyTool)
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
  assert.doesNotMatch(await page(decider), /ann|bob/)
  assert.match(await page(boss), /3 principals \(ann, bob, proposer\)/)
  for (const reader of [proposer, decider]) {
    const told = [await kit.say(reader, "get_plan", { id }), JSON.stringify(await kit.run(reader, "list_plans"))]
    assert.doesNotMatch(told.join(), /ann|bob/)
  }
  const applied = (await kit.run(proposer, "apply_plan", { id })) as { plan: Plan }
  assert.deepEqual(applied.plan.affects.principals.names, ["proposer"])
})

test("what a plan says of others follows what its reader may read now", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", { permissions: ["govern", "services:stdio:write"] })
  await kit.run(boss, "register_service", { name: "hello", ...hello, enabled: false })
  await kit.join("ann", everyTool)
  const rights = ["configure", "services:stdio:write", "grants:write"]
  const proposer = await kit.join("proposer", { permissions: [...rights, "principals:read"] })
  const { plan } = (await kit.run(proposer, "update_service", { ...change, dry_run: true })) as { plan: Plan }
  assert.deepEqual(plan.affects.principals, { count: 1, names: ["ann"] })
  await kit.run(boss, "set_grants", { name: "proposer", grants: { permissions: rights } })
  assert.deepEqual(await affectsOf(kit, proposer, plan.id), { count: 1, names: [] })
})
