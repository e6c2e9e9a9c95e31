import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { keyMaker, makeKey, readKey } from "../../src/identity/api-key.ts"
import { matchesSlowly } from "../../src/identity/slow-hash.ts"

test("a key has the public form, and tells its id", () => {
  for (let n = 0; n < 200; n++) {
    const { id, text } = makeKey()
    assert.match(text, /^mm_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$/)
    assert.deepEqual(readKey(text), { id })
  }
})

test("a key once given out is read for ever", () => {
  assert.deepEqual(readKey("mm_0Az9Zm4Qk7Lp_zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJ2jxttQ"), {
    id: "0Az9Zm4Qk7Lp",
  })
})

test("no two keys are alike", () => {
  assert.equal(new Set(Array.from({ length: 1_000 }, () => makeKey().text)).size, 1_000)
})

test("a key with any one character changed, left out or added is no key", () => {
  const { text } = makeKey()
  fc.assert(
    fc.property(
      fc.nat({ max: text.length - 1 }),
      fc.constantFrom("0", "9", "A", "z", "_", " ", "-", "\n", "\u0430"),
      (at, other) => {
        const [before, after] = [text.slice(0, at), text.slice(at + 1)]
        if (other !== text[at]) assert.equal(readKey(before + other + after), undefined)
        assert.equal(readKey(before + after), undefined)
        assert.equal(readKey(before + other + text.slice(at)), undefined)
      },
    ),
    { numRuns: 500 },
  )
})

test("what only resembles a key is no key", () => {
  const { text } = makeKey()
  const wrong = [
    "",
    " ",
    text.toUpperCase(),
    text.toLowerCase(),
    ` ${text}`,
    `${text} `,
    `${text}\n`,
    text.repeat(2),
    "m".repeat(1_000_000),
  ]
  for (const each of wrong) assert.equal(readKey(each), undefined)
})

test("AUTHN-11 what is kept of a key is an argon2id hash at the pinned cost, of all of its text", async () => {
  const { text, hash } = await keyMaker.make()
  assert.match(hash, /^\$argon2id\$v=19\$m=47104,(t=1,p=1|p=1,t=1)\$/)
  assert.ok(!hash.includes(text.slice(16)))
  assert.equal(await matchesSlowly(hash, text), true)
  assert.equal(await matchesSlowly(hash, text.slice(16)), false)
})
