import assert from "node:assert/strict"
import { test } from "node:test"
import { openPolicies, ownCustomer, type Row } from "./policies-kit.ts"
import { propose } from "./plans-kit.ts"
import { admins, all, refusal } from "./operations-kit.ts"

const readOnly = {
  id: "read-only",
  name: "Agents read",
  mode: "enforce",
  rules: [
    {
      id: "no-writes",
      effect: "deny",
      subject: { kinds: ["workload"] },
      target: { annotations: { readOnlyHint: false } },
    },
  ],
}

test("a policy is set, listed, replaced whole and removed, and each is told of", async (t) => {
  const { kit, admin, set } = await openPolicies(t)
  const { policy, created } = await set(readOnly)
  assert.ok(created)
  assert.deepEqual(
    [policy.id, policy["mode"], policy["createdAt"]],
    ["read-only", "enforce", "2026-11-21T00:00:00.000Z"],
  )
  assert.equal((await set({ ...readOnly, mode: "shadow", rules: [] })).created, false)
  const { policies } = (await kit.run(admin, "list_policies")) as { readonly policies: readonly Row[] }
  assert.deepEqual(
    policies.map(({ id, mode, rules }) => ({ id, mode, rules })),
    [{ id: "read-only", mode: "shadow", rules: [] }],
  )
  const removed = (await kit.run(admin, "remove_policy", { id: "read-only" })) as { readonly policy: Row }
  assert.equal(removed.policy.id, "read-only")
  assert.match(await kit.say(admin, "list_policies"), /^No policies/)
  assert.deepEqual(kit.published.filter((type) => type === "policies").length, 3)
  await assert.rejects(kit.run(admin, "remove_policy", { id: "read-only" }), refusal("not_found", /read-only/))
})

test("AUTHZ-04 a policy that nobody could judge by is refused, naming what is wrong", async (t) => {
  const { set } = await openPolicies(t)
  const withCondition = (condition: object, effect = "deny") => ({
    ...ownCustomer,
    rules: [{ id: "r", effect, arguments: [{ pointer: "/a", ...condition }] }],
  })
  const wrong: readonly (readonly [object, RegExp])[] = [
    [withCondition({}), /give one of/],
    [withCondition({ equals: 1, oneOf: [1] }), /give one of/],
    [withCondition({ equals: 9_007_199_254_740_992 }), /15 digits/],
    [withCondition({ matches: "(?=a)b" }), /RE2/],
    [withCondition({ matches: "(a{1,900}){1,900}" }), /RE2/],
    [withCondition({ matches: "\\1" }), /RE2/],
    [withCondition({ pointer: "", equals: 1 }), /JSON Pointer/],
    [withCondition({ pointer: "a", equals: 1 }), /JSON Pointer/],
    [withCondition({ equals: 1, absent: "passes" }, "allow"), /never allows/],
    [
      { ...ownCustomer, rules: [{ id: "r", effect: "deny", source: { in: ["10.0.0.0/33"] } }] },
      /address or a network/,
    ],
    [
      { ...ownCustomer, rules: [{ id: "r", effect: "deny", time: { zone: "Mars/Base", from: "08:00" } }] },
      /time zone/,
    ],
    [
      { ...ownCustomer, rules: [{ id: "r", effect: "deny", time: { zone: "UTC", from: "24:00" } }] },
      /time of day/,
    ],
    [{ ...ownCustomer, rules: [ownCustomer.rules[0], ownCustomer.rules[0]] }, /same id/],
    [{ ...ownCustomer, id: "a/b" }, /policy.id/],
  ]
  for (const [policy, why] of wrong) await assert.rejects(set(policy), refusal("invalid", why))
})

test("nobody writes, changes, turns off or removes a rule that selects themselves; a rule about everybody is about nobody", async (t) => {
  const { kit, admin, set } = await openPolicies(t)
  const other = await kit.join("other", admins)
  const about = (subject: object) => ({ ...readOnly, id: "about", rules: [{ id: "r", effect: "deny", subject }] })
  for (const subject of [{ principals: ["admin"] }, { principals: ["adm*"] }, { kinds: [admin.principal.kind] }])
    await assert.rejects(set(about(subject)), refusal("forbidden", /about themselves/))
  await set(about({ principals: ["admin"] }), other)
  await assert.rejects(
    set({ ...about({ principals: ["admin"] }), mode: "off" }),
    refusal("forbidden", /about themselves/),
  )
  await assert.rejects(set(about({ principals: ["ann"] })), refusal("forbidden", /about themselves/))
  await assert.rejects(kit.run(admin, "remove_policy", { id: "about" }), refusal("forbidden", /about themselves/))
  const beside = { id: "beside", effect: "deny", subject: { principals: ["ann"] } }
  await set({ ...about({ principals: ["admin"] }), rules: [...about({ principals: ["admin"] }).rules, beside] })
  await set(ownCustomer)
  await kit.run(admin, "remove_policy", { id: "own" })
})

test("nobody allows by a policy what they do not hold, however the rule says it", async (t) => {
  const { kit, set } = await openPolicies(t)
  const some = { allow: ["files__*"], deny: ["files__delete"] }
  const clerk = await kit.join("clerk", { permissions: ["govern"], tools: some })
  const allowing = (target: object) => ({
    ...readOnly,
    id: "wide",
    rules: [{ id: "r", effect: "allow", subject: { principals: ["ann"] }, target }],
  })
  const wide = [
    {},
    { tools: ["*"] },
    { tools: ["files__*"] },
    { services: ["files"] },
    { services: ["f*"] },
    { tags: ["x"] },
  ]
  for (const target of [
    ...wide,
    { annotations: { readOnlyHint: true } },
    { prompts: ["files__ask"] },
    { resources: ["files/*"] },
  ])
    await assert.rejects(set(allowing(target), clerk), refusal("forbidden", /more than they hold/))
  await set(allowing({ tools: ["files__read", "files__w*"] }), clerk)
  // Names of its tools are cut, and begin otherwise.
  const long = "s".repeat(60)
  const holder = await kit.join("holder", { permissions: ["govern"], tools: { allow: [`${long}__*`] } })
  const all = { services: [long], annotations: { readOnlyHint: true } }
  await assert.rejects(set(allowing(all), holder), refusal("forbidden", /more than they hold/))
})

test("a policy is planned: looser ones are of high risk, tighter ones of medium", async (t) => {
  const { kit, admin, set } = await openPolicies(t)
  const riskOf = async (operation: string, input: object): Promise<unknown> => {
    const { plan } = (await kit.run(admin, operation, { ...input, dry_run: true })) as {
      plan: { risk: { class: string } }
    }
    return plan.risk.class
  }
  assert.equal(await riskOf("set_policy", { policy: ownCustomer }), "medium")
  await set(ownCustomer)
  assert.equal(await riskOf("set_policy", { policy: { ...ownCustomer, mode: "off" } }), "high")
  assert.equal(await riskOf("set_policy", { policy: { ...ownCustomer, rules: [] } }), "high")
  assert.equal(await riskOf("remove_policy", { id: "own" }), "high")
  const allowing = {
    ...ownCustomer,
    rules: [...ownCustomer.rules, { id: "a", effect: "allow", target: { tools: ["x__y"] } }],
  }
  assert.equal(await riskOf("set_policy", { policy: allowing }), "high")
  assert.equal(await riskOf("set_policy", { policy: { ...allowing, mode: "shadow" } }), "high")
})

test("there is an end to how many policies and rules there can be", async (t) => {
  const { set } = await openPolicies(t)
  const rules = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `r${at}`, effect: "deny" }))
  for (let at = 0; at < 10; at++) await set({ ...readOnly, id: `p${at}`, mode: "off", rules: rules(100) })
  await assert.rejects(
    set({ ...readOnly, id: "more", mode: "off", rules: rules(1) }),
    refusal("conflict", /1000 rules/),
  )
  await set({ ...readOnly, id: "p0", mode: "off", rules: rules(99) })
  await assert.rejects(set({ ...readOnly, id: "q", rules: rules(101) }), refusal("invalid", /rules/))
})

test("who may not write policies does not know that they can be written", async (t) => {
  const { kit, ann } = await openPolicies(t)
  for (const [name, input] of [
    ["set_policy", { policy: readOnly }],
    ["list_policies", {}],
    ["remove_policy", { id: "x" }],
    ["simulate_policy", { draft: readOnly }],
  ] as const)
    await assert.rejects(kit.run(ann, name, input), refusal("not_found", /Unknown operation/))
})

test("AGT-13 an agent gets a looser policy only with the approval of somebody whom it is not about", async (t) => {
  const { kit, set } = await openPolicies(t)
  const govern = { permissions: ["govern"], tools: all, prompts: all, resources: all }
  const agent = await kit.join("agent", govern, "agent")
  const friend = await kit.join("friend", govern)
  const boss = await kit.join("boss", govern)
  const rules = [{ id: "r", effect: "deny", subject: { principals: ["fr*"] }, target: { tools: ["x__*"] } }]
  await set({ ...readOnly, id: "tight", rules }, boss)
  const asked = await propose({ kit, agent, boss }, "remove_policy", { id: "tight" })
  await assert.rejects(
    kit.run(friend, "approve_plan", asked),
    refusal("forbidden", /about what you may do yourself/),
  )
  await kit.run(boss, "approve_plan", asked)
  await kit.run(agent, "apply_plan", { id: asked.id })
  assert.equal(await kit.policies.find("tight"), undefined)
})

test("a policy is a revision, and is taken back under the rules by which it is set", async (t) => {
  const { kit, admin, set } = await openPolicies(t)
  await set(ownCustomer)
  await set({ ...ownCustomer, mode: "off" })
  await kit.run(admin, "rollback", { undo: 2 })
  assert.equal((await kit.policies.find("own"))?.mode, "enforce")
  await kit.run(admin, "rollback", { to: 0 })
  assert.equal(await kit.policies.find("own"), undefined)
  await kit.run(admin, "rollback", { to: 1 })
  assert.deepEqual(
    (await kit.policies.find("own"))?.rules.map(({ id }) => id),
    ["own-id"],
  )
  const other = await kit.join("other", admins)
  await set({ ...ownCustomer, rules: [{ id: "r", effect: "deny", subject: { principals: ["admin"] } }] }, other)
  await assert.rejects(kit.run(admin, "rollback", { to: 1 }), refusal("forbidden", /about themselves/))
})
