import assert from "node:assert/strict"
import { test } from "node:test"
import { GatewayError } from "../../src/errors.ts"
import { passwords } from "../../src/identity/password.ts"
import { basic, guessFor, openScene, type Scene } from "./fixtures.ts"

const password = "correct horse"

/** How long each of these was told to wait; undefined for a plain refusal, "in" for one that was let in. */
async function waits({ authenticator }: Scene, credentials: readonly object[]): Promise<unknown[]> {
  const told: unknown[] = []
  for (const credential of credentials) {
    const answer: unknown = await authenticator.admit(credential).catch((error: unknown) => error)
    told.push(answer instanceof GatewayError ? answer.retryAfterMs : "in")
  }
  return told
}

function guesses(count: number, start = 0): { readonly authorization: string }[] {
  return Array.from({ length: count }, (_, n) => basic("name-ann", `wrong horse ${start + n}`))
}

test("AUTHN-13 after five wrong passwords the right one has to wait too, and doubles the wait with each further failure", async (t) => {
  const scene = await openScene(t)
  await scene.add("ann", { passwordHash: await passwords.hash(password) })
  assert.deepEqual(await waits(scene, guesses(5)), Array(5).fill(undefined))
  assert.deepEqual(await waits(scene, [basic("name-ann", password)]), [1_000])
  for (const waitMs of [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    scene.clock.nowMs += 60_000
    assert.deepEqual(await waits(scene, [...guesses(1, waitMs + scene.clock.nowMs), ...guesses(1)]), [
      undefined,
      waitMs,
    ])
  }
  scene.clock.nowMs += 60_000
  assert.deepEqual(await waits(scene, [basic("name-ann", password), ...guesses(2)]), ["in", undefined, undefined])
})

test("a wrong password sent again and again counts each time", async (t) => {
  const scene = await openScene(t)
  await scene.add("ann", { passwordHash: await passwords.hash(password) })
  const same = basic("name-ann", "wrong horse")
  assert.deepEqual(await waits(scene, Array(6).fill(same)), [...Array<undefined>(5).fill(undefined), 1_000])
})

test("names that nobody has are made to wait like any other", async (t) => {
  const scene = await openScene(t)
  const unknown = Array.from({ length: 6 }, (_, n) => basic("nobody", `wrong horse ${n}`))
  assert.deepEqual(await waits(scene, unknown), [...Array<undefined>(5).fill(undefined), 1_000])
})

test("guesses at one key make neither its owner nor anybody else wait", async (t) => {
  const scene = await openScene(t)
  await scene.add("ann")
  const [guessed, other] = [await scene.addKey("ann"), await scene.addKey("ann")]
  await scene.authenticator.admit({ apiKey: guessed.text })
  const wrong = Array.from({ length: 6 }, (_, n) => ({ apiKey: guessFor(guessed, `${n}`) }))
  assert.deepEqual(await waits(scene, wrong), [...Array<undefined>(5).fill(undefined), 1_000])
  assert.deepEqual(await waits(scene, [{ apiKey: guessed.text }, { apiKey: other.text }]), ["in", "in"])
})

test("guesses made all at once are not more than guesses made in turn", async (t) => {
  const scene = await openScene(t)
  await scene.add("ann", { passwordHash: await passwords.hash(password) })
  const answers = await Promise.allSettled(guesses(60).map((guess) => scene.authenticator.admit(guess)))
  const checked = answers.filter(
    (answer) => answer.status === "rejected" && !(answer.reason as GatewayError).retryAfterMs,
  )
  assert.equal(checked.length, 5)
})

test("a hundred first requests with one good key are all let in", async (t) => {
  const scene = await openScene(t)
  await scene.add("ann")
  const { id, text } = await scene.addKey("ann")
  const callers = await Promise.all(Array.from({ length: 100 }, () => scene.authenticator.admit({ apiKey: text })))
  assert.deepEqual(new Set(callers.map(({ keyId }) => keyId)), new Set([id]))
})

test("more logins at once than can wait are turned away, while keys are still let in", async (t) => {
  const scene = await openScene(t)
  await scene.add("ann")
  const { text } = await scene.addKey("ann")
  const flood = Array.from({ length: 100 }, (_, n) =>
    scene.authenticator.admit(basic(`nobody-${n}`, "wrong horse")),
  )
  const settled = Promise.allSettled(flood)
  assert.equal((await scene.authenticator.admit({ apiKey: text })).principalId, "ann")
  const codes = (await settled).map(
    (answer) => answer.status === "rejected" && (answer.reason as GatewayError).code,
  )
  assert.equal(codes.filter((code) => code === "overloaded").length, 34)
  assert.equal(codes.filter((code) => code === "unauthenticated").length, 66)
})
