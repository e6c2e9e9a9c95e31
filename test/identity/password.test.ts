import assert from "node:assert/strict"
import { test } from "node:test"
import { matchesPassword, passwords } from "../../src/identity/password.ts"

test("a password matches its own hash and no other", async () => {
  const kept = await passwords.hash("correct horse: battery")
  assert.match(kept, /^\$argon2id\$v=19\$m=47104,(t=1,p=1|p=1,t=1)\$/)
  assert.equal(await matchesPassword(kept, "correct horse: battery"), true)
  assert.equal(await matchesPassword(kept, "correct horse: batterY"), false)
})

test("two principals with one password have different hashes", async () => {
  const [one, other] = await Promise.all([passwords.hash("correct horse"), passwords.hash("correct horse")])
  assert.notEqual(one, other)
})

test("a password of fewer than 12 or more than 256 characters is refused", async () => {
  for (const password of ["", "eleven char", "x".repeat(257)]) {
    await assert.rejects(passwords.hash(password), { code: "invalid", message: /12 to 256 characters/ })
  }
})

test("nothing matches where there is no password", async () => {
  assert.equal(await matchesPassword(undefined, ""), false)
  assert.equal(await matchesPassword(undefined, "correct horse"), false)
})
