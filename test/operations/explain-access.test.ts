import assert from "node:assert/strict"
import { test } from "node:test"
import { all, hello, refusal } from "./operations-kit.ts"
import { openPolicies, ownCustomer } from "./policies-kit.ts"

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
    /^ann and hello__greet: denied by policy:named\/not-eve \(argument \/name holds\)\./,
  )
  const [notEve, ...others] = named.rules
  const turned = { ...notEve, arguments: [{ pointer: "/name", equals: "ann", not: true }] }
  await set({ ...named, rules: [turned, ...others] })
  assert.match(
    await kit.say(ann, "explain_access", { tool, arguments: { name: "eve" } }),
    /denied by policy:named\/not-eve \(argument \/name with "not" holds\)\./,
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

test("a tool that is held back is explained as such, to whoever may read services", async (t) => {
  const { kit, admin } = await openPolicies(t)
  const eve = await kit.join("eve", { permissions: ["self:read"], tools: { allow: ["*"], deny: [] } })
  await kit.run(admin, "register_service", { name: "hello", ...hello, pin: "approve" })
  const tool = "hello__greet"
  const { decision, wouldAllow, next } = await kit.run(admin, "explain_access", { tool })
  assert.equal(decision, "denied")
  assert.match(String(wouldAllow), /held back/)
  assert.deepEqual(next, { operation: "list_held_items", arguments: { name: "hello" } })
  assert.match(String((await kit.run(eve, "explain_access", { tool }))["wouldAllow"]), /There is no such tool/)
})
