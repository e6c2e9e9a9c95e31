import assert from "node:assert/strict"
import { test } from "node:test"
import { admins, all, openKit, refusal } from "./operations-kit.ts"

type Shown = {
  readonly principal: { readonly name: string; readonly grants: { readonly permissions: readonly string[] } }
  readonly before?: unknown
}
type Listed = {
  readonly principals: readonly { readonly name: string; readonly hasPassword: boolean }[]
  readonly nextCursor?: string
}

test("everybody who may ask learns who they are and what they may do", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const tools = { allow: ["files__*"], deny: ["files__write"] }
  const agent = await kit.join("agent", { permissions: ["operate"], tools }, "agent")
  await kit.run(admin, "create_key", { principal: "agent", label: "laptop", expiresAt: "2027-01-31T00:00:00Z" })
  const keyId = (await kit.keys.list({ limit: 1 })).items[0]?.id ?? ""
  const me = await kit.run({ ...agent, keyId }, "whoami")
  assert.deepEqual(me["permissions"], [
    "observe",
    "operate",
    "self:read",
    "tools:read",
    "services:read",
    "issues:read",
    "events:read",
    "audit:head",
    "plans:read",
    "services:operate",
    "usage:read",
    "quotas:read",
  ])
  assert.deepEqual(me["key"], { id: keyId, label: "laptop", expiresAt: "2027-01-31T00:00:00.000Z" })
  assert.match(
    await kit.say(agent, "whoami"),
    /^You are agent \(agent\)\. You hold: operate, tools files__\*, but no tools files__write\./,
  )
})

test("a principal is made with what its maker may grant, and shown without hashes", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const grants = { permissions: ["observe"], tools: { allow: ["hello__*"] } }
  const made = await kit.run(admin, "create_principal", { name: "bot", kind: "agent", title: "Bot", grants })
  assert.deepEqual(made, {
    principal: {
      name: "bot",
      kind: "agent",
      title: "Bot",
      grants: {
        permissions: ["observe"],
        tools: { allow: ["hello__*"], deny: [] },
        prompts: { allow: [], deny: [] },
        resources: { allow: [], deny: [] },
      },
      disabled: false,
      hasPassword: false,
      createdAt: "2026-11-21T00:00:00.000Z",
    },
  })
  const kept = await kit.principals.findByName("bot")
  assert.equal(kept?.createdBy, admin.principal.id)
  assert.ok(kit.published.includes("identity"))
  await assert.rejects(kit.run(admin, "create_principal", { name: "BOT", kind: "agent" }), refusal("conflict"))
  await assert.rejects(kit.run(admin, "create_principal", { name: "a b", kind: "agent" }), refusal("invalid"))
})

test("a password is kept as a hash, and a short one refused", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const password = "correct horse battery staple"
  const made = await kit.run(admin, "create_principal", { name: "ann", kind: "human", password })
  assert.doesNotMatch(JSON.stringify(made), /argon2|horse/)
  assert.match((await kit.principals.findByName("ann"))?.passwordHash ?? "", /^\$argon2id\$/)
  await assert.rejects(
    kit.run(admin, "create_principal", { name: "bob", kind: "human", password: "short" }),
    refusal("invalid", /password/),
  )
  const { principals } = (await kit.run(admin, "list_principals")) as Listed
  assert.deepEqual(
    principals.map(({ name, hasPassword }) => [name, hasPassword]),
    [
      ["admin", false],
      ["ann", true],
    ],
  )
  const first = (await kit.run(admin, "list_principals", { limit: 1 })) as Listed
  const second = (await kit.run(admin, "list_principals", { limit: 1, cursor: first.nextCursor })) as Listed
  assert.deepEqual(
    [first.principals[0]?.name, second.principals[0]?.name, second.nextCursor],
    ["admin", "ann", undefined],
  )
})

test("AGT-09 nobody grants more than they hold, neither at the making nor later", async (t) => {
  const kit = await openKit(t)
  const governor = await kit.join("governor", {
    permissions: ["govern"],
    tools: { allow: ["files__*"], deny: ["files__delete"] },
  })
  await kit.join("bot")
  for (const [grants, excess] of [
    [{ permissions: ["services:stdio:write"] }, /services:stdio:write/],
    [{ tools: all }, /tools \*/],
    [{ tools: { allow: ["files__*"] } }, /files__delete/],
    [{ tools: { allow: ["files__delete"] } }, /files__delete/],
    [{ resources: { allow: ["files/*"] } }, /resources files/],
  ] as const) {
    await assert.rejects(
      kit.run(governor, "create_principal", { name: "puppet", kind: "agent", grants }),
      refusal("forbidden", excess),
    )
    await assert.rejects(kit.run(governor, "set_grants", { name: "bot", grants }), refusal("forbidden", excess))
  }
  assert.equal(await kit.principals.findByName("puppet"), undefined)
  const within = { tools: { allow: ["files__read"] } }
  await kit.run(governor, "set_grants", { name: "bot", grants: within })
})

test("who may make principals may not for that reason grant", async (t) => {
  const kit = await openKit(t)
  const maker = await kit.join("maker", { permissions: ["principals:write"], tools: all })
  await kit.run(maker, "create_principal", { name: "empty", kind: "workload" })
  const grants = { tools: { allow: ["a"] } }
  await assert.rejects(
    kit.run(maker, "create_principal", { name: "full", kind: "workload", grants }),
    refusal("forbidden", /grants:write/),
  )
})

test("AGT-10 nobody changes their own grants, or those of somebody above them", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const granter = await kit.join("granter", { permissions: ["grants:write", "observe"] })
  await assert.rejects(
    kit.run(admin, "set_grants", { name: "admin", grants: admins }),
    refusal("forbidden", /their own/),
  )
  await assert.rejects(
    kit.run(granter, "set_grants", { name: "granter", grants: {} }),
    refusal("forbidden", /their own/),
  )
  await assert.rejects(
    kit.run(granter, "set_grants", { name: "admin", grants: {} }),
    refusal("forbidden", /govern/),
  )
  await assert.rejects(kit.run(admin, "set_grants", { name: "nobody", grants: {} }), refusal("not_found"))
})

test("grants are replaced, and the answer has what was there", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  await kit.join("bot", { permissions: ["observe"] })
  const answer = (await kit.run(admin, "set_grants", {
    name: "bot",
    grants: { permissions: ["operate"] },
  })) as Shown
  assert.deepEqual(answer.principal.grants.permissions, ["operate"])
  assert.deepEqual((answer.before as Shown["principal"]["grants"]).permissions, ["observe"])
  assert.deepEqual((await kit.principals.findByName("bot"))?.grants.permissions, ["operate"])
})

test("of two that take govern from each other at once, one keeps it", async (t) => {
  const kit = await openKit(t)
  const ann = await kit.join("ann", admins)
  const bob = await kit.join("bob", admins)
  await kit.run(ann, "create_key", { principal: "ann" })
  await kit.run(ann, "create_key", { principal: "bob" })
  const outcomes = await Promise.allSettled([
    kit.run(ann, "set_grants", { name: "bob", grants: {} }),
    kit.run(bob, "set_grants", { name: "ann", grants: {} }),
  ])
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "rejected"],
  )
  assert.deepEqual((await kit.principals.findByName("ann"))?.grants.permissions, admins.permissions)
})

test("the last who can govern and come in keeps govern, whoever else holds it without a key", async (t) => {
  const kit = await openKit(t)
  const ann = await kit.join("ann", admins)
  const bob = await kit.join("bob", admins)
  await kit.run(ann, "create_key", { principal: "ann" })
  await assert.rejects(
    kit.run(bob, "set_grants", { name: "ann", grants: { permissions: ["configure"] } }),
    refusal("conflict"),
  )
  await kit.run(ann, "create_key", { principal: "bob" })
  await kit.run(bob, "set_grants", { name: "ann", grants: { permissions: ["configure"] } })
})
