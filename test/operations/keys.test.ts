import assert from "node:assert/strict"
import { test } from "node:test"
import { readKey } from "../../src/identity/api-key.ts"
import { matchesSlowly } from "../../src/identity/slow-hash.ts"
import { admins, nowMs, openKit, refusal } from "./operations-kit.ts"

type Made = { readonly id: string; readonly key: string; readonly expiresAt?: string; readonly state: string }
type Listed = {
  readonly keys: readonly { readonly id: string; readonly principal: string; readonly state: string }[]
  readonly nextCursor?: string
}

test("a key is shown once, kept as a hash, and good for its principal", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const bot = await kit.join("bot")
  const made = (await kit.run(admin, "create_key", { principal: "bot", label: "ci" })) as Made
  assert.equal(readKey(made.key)?.id, made.id)
  const kept = await kit.keys.find(made.id)
  assert.deepEqual(
    [kept?.principalId, kept?.createdBy, kept?.expiresAtMs],
    [bot.principal.id, admin.principal.id, undefined],
  )
  assert.ok(await matchesSlowly(kept?.hash ?? "", made.key))
  const listed = await kit.run(admin, "list_keys")
  assert.doesNotMatch(JSON.stringify(listed), /argon2|mm_/)
  assert.match(await kit.say(admin, "list_keys"), /bot +live/)
  assert.ok(kit.published.includes("identity"))
})

test("a key expires at a time to come, given as a time or as days", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const create = async (expiry: object): Promise<Made> =>
    (await kit.run(admin, "create_key", { principal: "admin", ...expiry })) as Made
  assert.equal((await create({ expiresAt: "2026-12-24T18:00:00+01:00" })).expiresAt, "2026-12-24T17:00:00.000Z")
  assert.equal((await create({ expiresInDays: 0.5 })).expiresAt, "2026-11-21T12:00:00.000Z")
  for (const wrong of [
    { expiresAt: "2026-11-20T00:00:00Z" },
    { expiresAt: "2027-13-45T00:00:00Z" },
    { expiresAt: "tomorrow" },
    { expiresInDays: 0 },
    { expiresInDays: 1, expiresAt: "2027-01-01T00:00:00Z" },
  ]) {
    await assert.rejects(create(wrong), refusal("invalid"), JSON.stringify(wrong))
  }
})

test("nobody makes a key for somebody who may do more", async (t) => {
  const kit = await openKit(t)
  await kit.join("admin", admins)
  await kit.join("reader", { tools: { allow: ["files__read"] } })
  const clerk = await kit.join("clerk", { permissions: ["keys:write"], tools: { allow: ["mail__*"] } })
  await kit.join("mailer", { tools: { allow: ["mail__send"] } })
  await assert.rejects(kit.run(clerk, "create_key", { principal: "admin" }), refusal("forbidden", /govern/))
  await assert.rejects(kit.run(clerk, "create_key", { principal: "reader" }), refusal("forbidden", /files__read/))
  await kit.run(clerk, "create_key", { principal: "mailer" })
  await kit.run(clerk, "create_key", { principal: "clerk" })
  await assert.rejects(kit.run(clerk, "create_key", { principal: "nobody" }), refusal("not_found"))
  assert.equal((await kit.keys.list({ limit: 10 })).items.length, 2)
})

test("keys are listed by principal and in pages, with their state", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  await kit.join("bot")
  const ids: string[] = []
  for (const principal of ["admin", "bot", "bot"])
    ids.push(((await kit.run(admin, "create_key", { principal, expiresInDays: 1 })) as Made).id)
  await kit.run(admin, "revoke_key", { id: ids[1] ?? "" })
  const bots = (await kit.run(admin, "list_keys", { principal: "bot" })) as Listed
  assert.deepEqual(bots.keys.map(({ state }) => state).sort(), ["live", "revoked"])
  const later = (await kit.run(admin, "list_keys", {}, { nowMs: nowMs + 86_400_000 })) as Listed
  assert.deepEqual(later.keys.map(({ state }) => state).sort(), ["expired", "expired", "revoked"])
  const first = (await kit.run(admin, "list_keys", { limit: 2 })) as Listed
  const second = (await kit.run(admin, "list_keys", { limit: 2, cursor: first.nextCursor })) as Listed
  assert.deepEqual(
    [...first.keys, ...second.keys].map(({ id }) => id),
    ids.toSorted(),
  )
  await assert.rejects(kit.run(admin, "list_keys", { principal: "nobody" }), refusal("not_found"))
})

test("a revoked key stays revoked, and an unknown one is not found", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  await kit.join("bot")
  const { id } = (await kit.run(admin, "create_key", { principal: "bot" })) as Made
  assert.equal(((await kit.run(admin, "revoke_key", { id })) as Made).state, "revoked")
  const again = await kit.run(admin, "revoke_key", { id }, { nowMs: nowMs + 1_000 })
  assert.equal(again["revokedAt"], "2026-11-21T00:00:00.000Z")
  await assert.rejects(kit.run(admin, "revoke_key", { id: "nothing" }), refusal("not_found", /list_keys|no key/))
})

test("the last key of the last who can govern is not revoked, own or not", async (t) => {
  const kit = await openKit(t)
  const ann = await kit.join("ann", admins)
  const bob = await kit.join("bob", admins)
  const first = (await kit.run(ann, "create_key", { principal: "ann" })) as Made
  await assert.rejects(kit.run({ ...ann, keyId: first.id }, "revoke_key", { id: first.id }), refusal("conflict"))
  await assert.rejects(kit.run(bob, "revoke_key", { id: first.id }), refusal("conflict"))
  await kit.run(ann, "create_key", { principal: "ann" })
  await kit.run({ ...ann, keyId: first.id }, "revoke_key", { id: first.id })
})

test("nobody revokes a key of somebody above them", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const clerk = await kit.join("clerk", { permissions: ["keys:write"] })
  const { id } = (await kit.run(admin, "create_key", { principal: "admin" })) as Made
  await kit.run(admin, "create_key", { principal: "admin" })
  await assert.rejects(kit.run(clerk, "revoke_key", { id }), refusal("forbidden", /govern/))
})
