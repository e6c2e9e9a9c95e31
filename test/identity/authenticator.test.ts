import assert from "node:assert/strict"
import { test } from "node:test"
import { GatewayError } from "../../src/errors.ts"
import { makeKey } from "../../src/identity/api-key.ts"
import type { Credential } from "../../src/identity/credential.ts"
import { passwords } from "../../src/identity/password.ts"
import { principalOf } from "../contracts/principals.ts"
import { basic, guessFor, openScene, type Scene } from "./fixtures.ts"

async function refusalOf({ authenticator }: Scene, credential: Credential): Promise<GatewayError> {
  const thrown: unknown = await authenticator.admit(credential).catch((error: unknown) => error)
  assert.ok(thrown instanceof GatewayError, "it was let in")
  return thrown
}

test("a key is let in as a bearer and in its own header, or in both", async (t) => {
  const scene = await openScene(t)
  await scene.add("ann")
  const { id, text } = await scene.addKey("ann")
  const ways: Credential[] = [
    { authorization: `Bearer ${text}` },
    { authorization: `bearer ${text}` },
    { apiKey: text },
    { authorization: `Bearer ${text}`, apiKey: text },
  ]
  for (const way of ways) assert.deepEqual(await scene.authenticator.admit(way), { principalId: "ann", keyId: id })
})

test("a principal with a password is let in by its name, colons and letters of all kinds included", async (t) => {
  const scene = await openScene(t)
  const passwordHash = await passwords.hash("größe: 14:00 oclock")
  await scene.add("ann", { name: "ann@example.com", passwordHash })
  const caller = await scene.authenticator.admit(basic("ann@example.com", "größe: 14:00 oclock"))
  assert.deepEqual(caller, { principalId: "ann" })
  assert.ok(Object.isFrozen(caller))
})

test("whatever is wrong with a credential, the refusal is the same", async (t) => {
  const scene = await openScene(t)
  await scene.add("ann", { passwordHash: await passwords.hash("correct horse") })
  await scene.add("off", { disabled: true, passwordHash: await passwords.hash("correct horse") })
  const good = await scene.addKey("ann")
  const revoked = await scene.addKey("ann", { revokedAtMs: 5 })
  const expired = await scene.addKey("ann", { expiresAtMs: scene.clock.nowMs })
  const [disabled, orphan] = [await scene.addKey("off"), await scene.addKey("nobody")]
  const wrong: Credential[] = [
    ...[revoked, expired, disabled, orphan, makeKey()].map(({ text }) => ({ apiKey: text })),
    ...[guessFor(good, "1"), good.text.slice(0, -1), ` ${good.text}`, "", "x".repeat(1_000_000)].map((apiKey) => ({
      apiKey,
    })),
    ...["", "Bearer", "Bearer ", good.text, `Token ${good.text}`, `Bearer ${good.text} x`].map(
      (authorization) => ({ authorization }),
    ),
    basic("name-ann", "wrong horse"),
    basic("name-ann", ""),
    basic("NAME-ANN", "correct horse"),
    basic("name-off", "correct horse"),
    basic("nobody", "correct horse"),
    basic("", ""),
    basic("__proto__", "correct horse"),
    { authorization: `Basic ${Buffer.from([0x61, 0x3a, 0xff]).toString("base64")}` },
    { authorization: "Basic !!!" },
    { authorization: `Basic ${Buffer.from("no colon").toString("base64")}` },
  ]
  for (const credential of wrong) {
    const { code, message, retryAfterMs } = await refusalOf(scene, credential)
    assert.deepEqual([code, retryAfterMs], ["unauthenticated", undefined])
    assert.match(message, /^The credential is not valid: it is wrong, expired, revoked or disabled\./)
  }
})

test("no credential at all is answered with how to send one", async (t) => {
  const { code, message } = await refusalOf(await openScene(t), {})
  assert.equal(code, "unauthenticated")
  assert.match(message, /Authorization: Bearer <key>, or X-API-Key/)
})

test("two credentials that disagree are refused as malformed, even if each would do", async (t) => {
  const scene = await openScene(t)
  await scene.add("ann", { passwordHash: await passwords.hash("correct horse") })
  const [{ text: apiKey }, other] = [await scene.addKey("ann"), await scene.addKey("ann")]
  const both: Credential[] = [
    { authorization: `Bearer ${other.text}`, apiKey },
    { ...basic("name-ann", "correct horse"), apiKey },
    { authorization: "Bearer nonsense", apiKey },
    { authorization: "", apiKey: "" },
  ]
  for (const credential of both) assert.equal((await refusalOf(scene, credential)).code, "invalid")
})

test("a caller may call until its key ends, to the millisecond", async (t) => {
  const scene = await openScene(t)
  await scene.add("ann")
  const { id, text } = await scene.addKey("ann", { expiresAtMs: scene.clock.nowMs + 10 })
  const caller = await scene.authenticator.admit({ apiKey: text })
  scene.clock.nowMs += 9
  const active = scene.authenticator.authenticate(caller)
  assert.deepEqual([active.principal.id, active.keyId, active.may.mayUse("tools", "echo")], ["ann", id, true])
  scene.clock.nowMs += 1
  assert.throws(() => scene.authenticator.authenticate(caller), { code: "unauthenticated" })
  assert.equal((await refusalOf(scene, { apiKey: text })).code, "unauthenticated")
})

test("revoking a key, disabling a principal or removing it ends its callers at the next call", async (t) => {
  const scene = await openScene(t)
  const ends: Record<string, (keyId: string) => Promise<unknown>> = {
    revoked: async (keyId) => {
      const key = await scene.keys.find(keyId)
      return key && scene.keys.replace({ ...key, revokedAtMs: 1 }, 1)
    },
    removedKey: (keyId) => scene.keys.remove(keyId, 1),
    disabled: () => scene.principals.replace(principalOf("disabled", { disabled: true }), 1),
    removed: () => scene.principals.remove("removed", 1),
  }
  for (const [name, end] of Object.entries(ends)) {
    await scene.add(name)
    const { id, text } = await scene.addKey(name)
    const caller = await scene.authenticator.admit({ apiKey: text })
    scene.authenticator.authenticate(caller)
    await end(id)
    assert.throws(() => scene.authenticator.authenticate(caller), { code: "unauthenticated" }, name)
    assert.equal((await refusalOf(scene, { apiKey: text })).code, "unauthenticated", name)
  }
})

test("grants that change hold from the next call on", async (t) => {
  const scene = await openScene(t)
  const { grants } = await scene.add("ann")
  const caller = await scene.authenticator.admit({ apiKey: (await scene.addKey("ann")).text })
  await scene.principals.replace(
    principalOf("ann", { grants: { ...grants, tools: { allow: ["add"], deny: [] } } }),
    1,
  )
  const { may } = scene.authenticator.authenticate(caller)
  assert.deepEqual(
    ["echo", "add"].filter((name) => may.mayUse("tools", name)),
    ["add"],
  )
})

test("a caller that names another principal's key is refused", async (t) => {
  const scene = await openScene(t)
  await scene.add("ann")
  await scene.add("bob")
  const { id } = await scene.addKey("ann")
  assert.throws(() => scene.authenticator.authenticate({ principalId: "bob", keyId: id }), {
    code: "unauthenticated",
  })
})

test("a changed password replaces the old one at once, remembered or not", async (t) => {
  const scene = await openScene(t)
  await scene.add("ann", { passwordHash: await passwords.hash("the old password") })
  await scene.authenticator.admit(basic("name-ann", "the old password"))
  await refusalOf(scene, basic("name-ann", "the new password"))
  await scene.principals.replace(principalOf("ann", { passwordHash: await passwords.hash("the new password") }), 1)
  await refusalOf(scene, basic("name-ann", "the old password"))
  assert.deepEqual(await scene.authenticator.admit(basic("name-ann", "the new password")), { principalId: "ann" })
})

test("a renamed principal is let in by its new name only", async (t) => {
  const scene = await openScene(t)
  const passwordHash = await passwords.hash("correct horse")
  await scene.add("ann", { passwordHash })
  await scene.principals.replace(principalOf("ann", { passwordHash, name: "anna" }), 1)
  await refusalOf(scene, basic("name-ann", "correct horse"))
  assert.deepEqual(await scene.authenticator.admit(basic("anna", "correct horse")), { principalId: "ann" })
})

test("AGT-09 a temporary grant is good until its instant and not at it, whoever asks for the first time or again", async (t) => {
  const scene = await openScene(t)
  const endsAtMs = scene.clock.nowMs + 100
  const hour = { permissions: [], prompts: { allow: [], deny: [] }, resources: { allow: [], deny: [] } }
  const grants = { ...hour, tools: { allow: ["a"], deny: [] } }
  const temporary = [
    { ...hour, tools: { allow: ["b"], deny: [] }, expiresAtMs: endsAtMs },
    { ...hour, tools: { allow: ["c"], deny: [] }, expiresAtMs: endsAtMs + 50 },
  ]
  for (const id of ["ann", "bob"]) await scene.add(id, { grants: { ...grants, temporary } })
  const usable = (principalId: string): readonly string[] => {
    const { may } = scene.authenticator.authenticate({ principalId })
    return ["a", "b", "c"].filter((name) => may.mayUse("tools", name))
  }
  assert.deepEqual(usable("ann"), ["a", "b", "c"])
  scene.clock.nowMs = endsAtMs - 1
  const { may } = scene.authenticator.authenticate({ principalId: "ann" })
  assert.deepEqual(usable("ann"), ["a", "b", "c"])
  assert.equal(scene.authenticator.authenticate({ principalId: "ann" }).may, may)
  scene.clock.nowMs = endsAtMs
  assert.deepEqual([usable("ann"), usable("bob")], [["a", "c"], ["a", "c"]]) // oxfmt-ignore
  scene.clock.nowMs = endsAtMs + 50
  assert.deepEqual([usable("ann"), usable("bob")], [["a"], ["a"]])
})
