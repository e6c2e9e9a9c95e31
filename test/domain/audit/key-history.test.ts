import assert from "node:assert/strict"
import { generateKeyPairSync } from "node:crypto"
import { test } from "node:test"
import { addRotation, readKeyHistory, trustedFrom } from "../../../src/domain/audit/key-history.ts"
import { signerOf, type Signer } from "../../../src/domain/audit/signed-note.ts"
import { GatewayError } from "../../../src/errors.ts"

function newSigner(name = "mcp-meta-0123456789ab"): Signer {
  return signerOf(name, generateKeyPairSync("ed25519").privateKey)
}

const [first, second, third, stranger] = [newSigner(), newSigner(), newSigner(), newSigner()]
const alone = `${first.vkey}\n`
const two = addRotation(alone, first, { vkey: second.vkey, timeMs: 1 })
const three = addRotation(two, second, { vkey: third.vkey, timeMs: 2 })

function refuses(text: string): void {
  assert.throws(
    () => readKeyHistory(text),
    (thrown) => thrown instanceof GatewayError && thrown.code === "invalid",
    text,
  )
}

test("a history gives its keys in their order", () => {
  const vkeys = [alone, two, three].map((text) => readKeyHistory(text).map(({ vkey }) => vkey))
  const all = [first.vkey, second.vkey, third.vkey]
  assert.deepEqual(vkeys, [all.slice(0, 1), all.slice(0, 2), all])
  assert.match(two, /^\S+\n\nmcp-meta key rotation\n\S+\n1\n\n— \S+ \S+\n$/)
})

test("a key that the one before it has not signed is not taken up", () => {
  refuses(addRotation(alone, stranger, { vkey: stranger.vkey, timeMs: 1 }))
  refuses(addRotation(two, first, { vkey: third.vkey, timeMs: 2 }))
  refuses(two.replace(second.vkey, stranger.vkey))
  refuses(three.replace(first.vkey, second.vkey))
  refuses(`${alone}\n${stranger.sign("anything else\n")}`)
  refuses(`${alone}\n${first.sign("anything else\n")}`)
  refuses(`${alone}\n${first.sign(`another title\n${second.vkey}\n1\n`)}`)
})

test("a history that is torn, empty, too large or of two logs is refused", () => {
  for (const text of ["", "\n", "x\n", three.slice(0, -10), three.slice(0, two.length + 20)]) refuses(text)
  refuses(`${alone}${" ".repeat(1_000_000)}`)
  refuses(addRotation(alone, first, { vkey: newSigner("mcp-meta-ffffffffffff").vkey, timeMs: 1 }))
})

test("a history is never made longer than can be read", () => {
  const longest = `${alone}${" ".repeat(1_000_000)}`.slice(0, 1_000_000 - 10)
  assert.throws(
    () => addRotation(`${longest}x`, first, { vkey: second.vkey, timeMs: 1 }),
    (thrown) => thrown instanceof GatewayError && thrown.code === "conflict",
  )
})

test("who names no key trusts the first, and who names one trusts it and those after", () => {
  const history = readKeyHistory(three)
  assert.deepEqual(trustedFrom(history), { verifiers: history, firstTrusted: 0, brought: false })
  assert.deepEqual(trustedFrom(history, `${second.vkey}\n`), {
    verifiers: history,
    firstTrusted: 1,
    brought: true,
  })
})

test("a key that the history does not hold is trusted alone", () => {
  const trusted = trustedFrom(readKeyHistory(three), stranger.vkey)
  assert.deepEqual(
    [trusted.verifiers.map(({ vkey }) => vkey), trusted.firstTrusted, trusted.brought],
    [[stranger.vkey], 0, true],
  )
})
