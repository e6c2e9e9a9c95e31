/** What nobody may do to those who govern, themselves included, attack by attack. */

import assert from "node:assert/strict"
import { test } from "node:test"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import { recordCall } from "./audit-kit.ts"
import { admins, nowMs, openKit, refusal, type Kit } from "./operations-kit.ts"

const inAnHour = "2026-11-21T01:00:00.000Z"
const hourMs = 3_600_000

type Row = { readonly name: string; readonly disabled: boolean; readonly grants: { readonly temporary?: unknown } }
type Made = { readonly id: string }

async function keyFor(kit: Kit, actor: ActivePrincipal, principal: string, expiry: object = {}): Promise<string> {
  return ((await kit.run(actor, "create_key", { principal, ...expiry })) as Made).id
}

/** Two who govern, the first with a key that lasts. */
async function openGoverned(t: Parameters<typeof openKit>[0]): Promise<{
  kit: Kit
  ann: ActivePrincipal
  bob: ActivePrincipal
  annsKey: string
}> {
  const kit = await openKit(t)
  const ann = await kit.join("ann", admins)
  const bob = await kit.join("bob", admins)
  return { kit, ann, bob, annsKey: await keyFor(kit, ann, "ann") }
}

test("AGT-09 a grant for a time is shown with its end, and is neither listed nor good after it", async (t) => {
  const { kit, ann } = await openGoverned(t)
  const bot = await kit.join("bot", { permissions: ["observe"] })
  const temporary = [
    { permissions: ["operate"], tools: { allow: ["files__*"] }, expiresAt: inAnHour, reason: "fix" },
  ]
  const grants = { permissions: ["observe"], temporary }
  await kit.run(ann, "set_grants", { name: "bot", grants })
  const none = { allow: [], deny: [] }
  const shown = [{ ...temporary[0], tools: { allow: ["files__*"], deny: [] }, prompts: none, resources: none }]
  const listed = async (atMs: number): Promise<unknown> => {
    const { principals } = (await kit.run(ann, "list_principals", {}, { nowMs: atMs })) as { principals: Row[] }
    return principals.find(({ name }) => name === "bot")?.grants.temporary
  }
  assert.deepEqual(await listed(nowMs), shown)
  assert.equal(await listed(nowMs + hourMs), undefined)
  const me = await kit.run(bot, "whoami")
  assert.deepEqual((me["grants"] as Row["grants"]).temporary, shown)
  assert.ok((me["permissions"] as string[]).includes("operate"))
  assert.match(
    await kit.say(bot, "whoami"),
    /observe, operate \(until 2026-11-21T01:00:00\.000Z\), tools files__\*/,
  )
  const { before } = await kit.run(ann, "set_grants", { name: "bot", grants: {} })
  await kit.run(ann, "set_grants", { name: "bot", grants: before })
  assert.deepEqual(await listed(nowMs), shown)
})

test("AGT-09 nobody grants for longer than they hold, or what is over", async (t) => {
  const { kit, ann } = await openGoverned(t)
  const helper = await kit.join("helper", {
    permissions: ["grants:write", "principals:write", "keys:write"],
    temporary: [{ tools: { allow: ["files__*"] }, permissions: ["govern"], expiresAtMs: nowMs + hourMs }],
  })
  await kit.join("bot")
  const grant = (grants: object): Promise<unknown> => kit.run(helper, "set_grants", { name: "bot", grants })
  const files = { tools: { allow: ["files__read"] } }
  await assert.rejects(grant(files), refusal("forbidden", /files__read/))
  await assert.rejects(grant({ permissions: ["observe"] }), refusal("forbidden", /observe/))
  const later = { ...files, expiresAt: "2026-11-21T01:00:00.001Z" }
  await assert.rejects(grant({ temporary: [later] }), refusal("forbidden", /files__read until/))
  await assert.rejects(
    kit.run(helper, "create_principal", { name: "puppet", kind: "agent", grants: { temporary: [later] } }),
    refusal("forbidden", /files__read until/),
  )
  const over = { ...files, expiresAt: "2026-11-20T23:59:59Z" }
  await assert.rejects(grant({ temporary: [over] }), refusal("invalid", /to come/))
  await grant({ temporary: [{ ...files, expiresAt: inAnHour }] })
  await assert.rejects(kit.run(helper, "create_key", { principal: "ann" }), refusal("forbidden", /govern/))
  await kit.run(ann, "set_grants", { name: "bot", grants: files })
  await assert.rejects(kit.run(helper, "create_key", { principal: "bot" }), refusal("forbidden", /files__read/))
})

test("AGT-10 nobody makes themselves a key that outlives theirs, or one without its quota", async (t) => {
  const { kit, ann, bob } = await openGoverned(t)
  const keyId = await keyFor(kit, ann, "bob", { expiresInDays: 2 })
  const bobComes = { ...bob, keyId }
  for (const expiry of [{}, { expiresInDays: 3 }])
    await assert.rejects(keyFor(kit, bobComes, "bob", expiry), refusal("forbidden", /for longer/))
  await keyFor(kit, bobComes, "bob", { expiresInDays: 1 })
  await kit.run(ann, "set_quota", { subject: `key:${keyId}`, target: "everything", limit: 5, window: "day" })
  await assert.rejects(keyFor(kit, bobComes, "bob", { expiresInDays: 1 }), refusal("forbidden", /quota limits/))
})

test("AGT-10 nobody disables, moves or removes themselves, or somebody above them", async (t) => {
  const { kit, ann } = await openGoverned(t)
  const clerk = await kit.join("clerk", { permissions: ["principals:write"] })
  for (const change of [{ disabled: true }, { team: "free" }, { title: "Boss" }]) {
    await assert.rejects(
      kit.run(ann, "set_principal", { name: "ann", ...change }),
      refusal("forbidden", /themselves/),
    )
    await assert.rejects(
      kit.run(clerk, "set_principal", { name: "ann", ...change }),
      refusal("forbidden", /govern/),
    )
  }
  await assert.rejects(kit.run(ann, "remove_principal", { name: "ann" }), refusal("forbidden", /themselves/))
  await assert.rejects(kit.run(clerk, "remove_principal", { name: "ann" }), refusal("forbidden", /govern/))
  await assert.rejects(kit.run(clerk, "remove_principal", { name: "nobody" }), refusal("not_found"))
  await assert.rejects(kit.run(clerk, "set_principal", { name: "clerk" }), refusal("invalid", /at least one/))
})

test("AGT-10 who may not do what somebody does cannot let them in again", async (t) => {
  const { kit, ann } = await openGoverned(t)
  const clerk = await kit.join("clerk", { permissions: ["principals:write"] })
  await kit.join("bot", { tools: { allow: ["files__*"] } })
  const set = (actor: ActivePrincipal, disabled: boolean): Promise<unknown> =>
    kit.run(actor, "set_principal", { name: "bot", disabled })
  await set(clerk, true)
  assert.equal((await kit.principals.findByName("bot"))?.disabled, true)
  await assert.rejects(set(clerk, false), refusal("forbidden", /files__/))
  await set(ann, false)
  assert.equal((await kit.principals.findByName("bot"))?.disabled, false)
})

test("AGT-10 who may not set quotas moves nobody out of those of a team", async (t) => {
  const { kit, ann } = await openGoverned(t)
  const clerk = await kit.join("clerk", { permissions: ["principals:write", "history:read"] })
  await kit.join("bot")
  const move = { name: "bot", team: "free" }
  await assert.rejects(
    kit.run(clerk, "set_principal", move),
    refusal("forbidden", /quotas:write and grants:write and policies:write/),
  )
  const made = { name: "new", kind: "agent", team: "free" }
  await assert.rejects(kit.run(clerk, "create_principal", made), refusal("forbidden", /go by team/))
  await kit.run(ann, "set_principal", { ...move, title: "Bot" })
  await assert.rejects(kit.run(clerk, "rollback", { undo: 2 }), refusal("forbidden", /quotas:write/))
  await kit.run(clerk, "set_principal", { ...move, title: "" })
  const { team, title } = (await kit.principals.findByName("bot")) ?? {}
  assert.deepEqual([team, title], ["free", undefined])
})

test("the last who governs is neither disabled nor removed, and who governs for a time is no other", async (t) => {
  const { kit, ann, bob, annsKey } = await openGoverned(t)
  const attacks = async (text: RegExp): Promise<void> => {
    const deeds: readonly (readonly [string, object])[] = [
      ["set_principal", { name: "ann", disabled: true }],
      ["remove_principal", { name: "ann" }],
      ["set_grants", { name: "ann", grants: { permissions: ["configure"] } }],
      ["revoke_key", { id: annsKey }],
    ]
    for (const [operation, input] of deeds)
      await assert.rejects(kit.run(bob, operation, input), refusal("conflict", text), operation)
  }
  await attacks(/govern/) // bob has no key
  await keyFor(kit, ann, "bob", { expiresInDays: 6 })
  await attacks(/not for long/)
  await keyFor(kit, ann, "bob")
  const temporary = [{ permissions: ["govern", "services:stdio:write"], expiresAt: "2030-01-01T00:00:00Z" }]
  const onlyTools = { tools: admins.tools, prompts: admins.prompts, resources: admins.resources }
  await kit.run(ann, "set_grants", { name: "bob", grants: { ...onlyTools, temporary } })
  await assert.rejects(kit.run(bob, "remove_principal", { name: "ann" }), refusal("conflict", /govern/))
})

test("of two who remove each other at once, one stays", async (t) => {
  const { kit, ann, bob } = await openGoverned(t)
  await keyFor(kit, ann, "bob")
  const outcomes = await Promise.allSettled([
    kit.run(ann, "remove_principal", { name: "bob" }),
    kit.run(bob, "remove_principal", { name: "ann" }),
  ])
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"])
})

test("who is removed comes in no more: its keys are revoked, and one of its name is another", async (t) => {
  const { kit, ann } = await openGoverned(t)
  const bot = await kit.join("bot")
  const ids = [await keyFor(kit, ann, "bot"), await keyFor(kit, ann, "bot", { expiresInDays: 1 })]
  const gone = await kit.run(ann, "remove_principal", { name: "bot" })
  assert.equal(gone["keysRevoked"], 2)
  for (const id of ids) assert.equal((await kit.keys.find(id))?.revokedAtMs, nowMs)
  assert.equal(await kit.principals.findByName("bot"), undefined)
  await kit.run(ann, "create_principal", { name: "bot", kind: "agent" })
  assert.notEqual((await kit.principals.findByName("bot"))?.id, bot.principal.id)
})

test("AGT-10 nobody erases what is kept of their own calls, by whichever way they name them", async (t) => {
  const { kit, ann, bob } = await openGoverned(t)
  await recordCall(kit.recorder, { id: "c1", tool: "geo__find", who: "ann", keeps: true })
  await recordCall(kit.recorder, { id: "c2", tool: "geo__find", who: "bob", keeps: true })
  await assert.rejects(kit.run(ann, "audit_erase", { principal: "ann" }), refusal("forbidden", /their own/))
  assert.deepEqual(await kit.run(ann, "audit_erase", { call_id: "c1" }), { erased: 0 })
  assert.deepEqual(await kit.run(ann, "audit_erase", { to: "-1m" }), { erased: 0 })
  assert.deepEqual(await kit.run(ann, "audit_erase", { to: "2026-11-21T00:00:00Z" }), { erased: 2 })
  assert.deepEqual(await kit.run(bob, "audit_erase", { principal: "ann" }), { erased: 2 })
})
