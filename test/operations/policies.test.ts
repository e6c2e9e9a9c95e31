import assert from "node:assert/strict"
import { test } from "node:test"
import { admins, all, hello, openKit, refusal } from "./operations-kit.ts"

type Row = { readonly id: string; readonly [member: string]: unknown }

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

const ownCustomer = {
  id: "own",
  name: "Own customers",
  mode: "enforce",
  rules: [
    {
      id: "own-id",
      effect: "deny",
      target: { tools: ["crm__*"] },
      arguments: [{ pointer: "/customer_id", equalsPrincipal: "team", not: true }],
    },
  ],
}

async function openPolicies(t: Parameters<typeof openKit>[0]) {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const ann = await kit.join("ann", { permissions: ["observe"], tools: all })
  const set = async (policy: object, actor = admin) =>
    (await kit.run(actor, "set_policy", { policy })) as { readonly policy: Row; readonly created: boolean }
  return { kit, admin, ann, set }
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

test("access is explained: what decides, by which input, and what would allow it", async (t) => {
  const { kit, admin, ann, set } = await openPolicies(t)
  await kit.run(admin, "register_service", { name: "hello", ...hello })
  const bob = await kit.join("bob", { permissions: ["observe"] })
  const explain = (actor: typeof admin, input: object) => kit.run(actor, "explain_access", input)
  const tool = "hello__greet"
  const pick = async (actor: typeof admin, input: object) => {
    const { decision, by, rule, inputs, listed } = await explain(actor, { tool, ...input })
    return { decision, by, rule, inputs, listed }
  }
  assert.deepEqual(await pick(ann, {}), {
    decision: "allowed",
    by: "grant",
    rule: "allow *",
    inputs: [],
    listed: true,
  })
  const named = {
    id: "named",
    name: "Names",
    mode: "enforce",
    rules: [
      {
        id: "not-eve",
        effect: "deny",
        target: { tools: [tool] },
        arguments: [{ pointer: "/name", equals: "eve" }],
      },
      {
        id: "bob-ann",
        effect: "allow",
        subject: { principals: ["bob"] },
        target: { tools: [tool] },
        arguments: [{ pointer: "/name", equals: "ann" }],
      },
    ],
  }
  await set(named)
  const looked = (condition: string) => [{ input: "argument /name", condition }]
  const ofEve = { by: "policy", rule: "policy:named/not-eve", listed: true }
  const ofBob = { by: "policy", rule: "policy:named/bob-ann", listed: true }
  assert.deepEqual(await pick(ann, {}), { ...ofEve, decision: "depends", inputs: looked("cannot be judged") })
  assert.deepEqual(await pick(ann, { arguments: { name: "eve" } }), {
    ...ofEve,
    decision: "denied",
    inputs: looked("holds"),
  })
  assert.deepEqual(await pick(ann, { arguments: {} }), {
    ...ofEve,
    decision: "denied",
    inputs: looked("cannot be judged"),
  })
  assert.deepEqual((await pick(ann, { arguments: { name: "x" } })).decision, "allowed")
  assert.deepEqual(await pick(bob, { arguments: { name: "ann" } }), {
    ...ofBob,
    decision: "allowed",
    inputs: looked("holds"),
  })
  const near = await explain(bob, { tool, arguments: { name: "x" } })
  assert.deepEqual([near["decision"], near["by"]], ["denied", "nothing"])
  assert.match(String(near["wouldAllow"]), /policy:named\/bob-ann allows it with another argument \/name/)
  const ofOther = await explain(admin, { principal: "bob", tool, arguments: { name: "x" } })
  assert.deepEqual(ofOther["next"], { operation: "set_grants", arguments: { name: "bob" } })
  assert.match(
    await kit.say(ann, "explain_access", { tool, arguments: { name: "eve" } }),
    /^ann and hello__greet: denied by policy policy:named\/not-eve \(argument \/name holds\)\./,
  )
  assert.equal((await explain(ann, { tool: "whoami" }))["rule"], "permission:self:read")
  await assert.rejects(explain(ann, { principal: "bob", tool }), refusal("forbidden", /principals:read/))
  await assert.rejects(explain(ann, { tool, source: "10.0.0.1" }), refusal("invalid", /about others/))
})

test("AUTHZ-10 about oneself a tool that is not for one is explained like one that does not exist", async (t) => {
  const { kit, admin, set } = await openPolicies(t)
  await kit.run(admin, "register_service", { name: "hello", ...hello })
  const bob = await kit.join("bob", { permissions: ["observe"] })
  const carl = await kit.join("carl", { permissions: ["observe"], tools: all })
  await set({
    ...ownCustomer,
    rules: [{ id: "r", effect: "deny", subject: { principals: ["carl"] }, target: { services: ["hello"] } }],
  })
  for (const who of [bob, carl]) {
    const texts: string[] = []
    for (const tool of ["hello__greet", "nothing__there", "set_policy"])
      for (const given of [{}, { arguments: { name: "x" } }]) {
        const told = await kit.run(who, "explain_access", { tool, ...given })
        texts.push(JSON.stringify(told).replaceAll(tool, "TOOL"))
      }
    assert.equal(new Set(texts).size, 1, texts.join("\n"))
  }
})
