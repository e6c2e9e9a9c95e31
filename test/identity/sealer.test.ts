import assert from "node:assert/strict"
import { chmod, readFile, stat, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import fc from "fast-check"
import { createSealer, openSealer } from "../../src/identity/sealer.ts"
import { readableJson } from "../support/readable-json.ts"
import { repeatedNonces } from "./nonces.ts"
import { makeFolder } from "../support/folder.ts"

const sealer = createSealer(Buffer.alloc(32, 1))

test("what was sealed opens as it was, whatever it is", () => {
  fc.assert(
    fc.property(readableJson, (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value))
      assert.deepEqual(sealer.open("session", sealer.seal("session", value)), plain)
    }),
    { numRuns: 200 },
  )
})

test("it opens neither for another purpose nor under another key", () => {
  const text = sealer.seal("session", { principal: "ann" })
  for (const purpose of ["", "sessio", "session ", "request-state"])
    assert.equal(sealer.open(purpose, text), undefined)
  assert.equal(createSealer(Buffer.alloc(32, 2)).open("session", text), undefined)
})

test("SEC-08 changed in any one bit, cut or lengthened it does not open", () => {
  const text = sealer.seal("session", "value")
  const bytes = Buffer.from(text, "base64url")
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    assert.equal(sealer.open("session", changed.toString("base64url")), undefined)
  }
  for (let length = 0; length < text.length; length++)
    assert.equal(sealer.open("session", text.slice(0, length)), undefined)
  for (const more of ["A", "AAAA", "=", " ", "\n"]) assert.equal(sealer.open("session", text + more), undefined)
})

test("one sealed text has one spelling", () => {
  const text = sealer.seal("session", "value") // 35 bytes, so the last letter has two bits to spare
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/".split("")
  const opening = letters.filter((letter) => sealer.open("session", text.slice(0, -1) + letter) !== undefined)
  assert.deepEqual(opening, [text.at(-1)])
})

test("the same value is never sealed the same way twice", () => {
  assert.equal(new Set(Array.from({ length: 1_000 }, () => sealer.seal("session", 1))).size, 1_000)
})

test("SEC-08 no nonce comes twice", () => {
  assert.equal(repeatedNonces(100_000), 0)
})

test("SEC-08 what was sealed for one purpose does not open for another, with parts of either exchanged", () => {
  const [one, other] = ["session", "request-state"].map((purpose) =>
    Buffer.from(sealer.seal(purpose, { principal: purpose }), "base64url"),
  ) as [Buffer, Buffer]
  const [nonceEnd, tagEnd] = [12, 28]
  const parts = (bytes: Buffer): readonly Buffer[] => [
    bytes.subarray(0, nonceEnd),
    bytes.subarray(nonceEnd, tagEnd),
    bytes.subarray(tagEnd),
  ]
  for (let choice = 0; choice < 8; choice += 1) {
    const mixed = parts(one).map((part, index) => ((choice >> index) & 1 ? (parts(other)[index] ?? part) : part))
    const text = Buffer.concat(mixed).toString("base64url")
    assert.equal(sealer.open("session", text) !== undefined, choice === 0)
    assert.equal(sealer.open("request-state", text) !== undefined, choice === 7)
  }
})

test("more than 16 KiB is neither sealed nor opened", () => {
  assert.throws(() => sealer.seal("session", "x".repeat(16_384)), { code: "too_large" })
  assert.equal(sealer.open("session", "A".repeat(1_000_000)), undefined)
  const largest = sealer.seal("session", "x".repeat(12_250))
  assert.ok(largest.length <= 16_384 && sealer.open("session", largest) !== undefined)
})

test("the key is made once, for its owner alone, and opens after a restart", async () => {
  const folder = makeFolder()
  const [one, other] = await Promise.all([openSealer(folder), openSealer(folder)])
  const text = one.seal("session", "value")
  assert.equal(other.open("session", text), "value")
  assert.equal((await openSealer(folder)).open("session", text), "value")
  const { mode, size } = await stat(join(folder, "keys/seal.key"))
  assert.deepEqual([mode & 0o777, size], [0o600, 32])
})

test("a key that others could read, or of a wrong length, is refused and kept", async () => {
  const folder = makeFolder()
  await openSealer(folder)
  const path = join(folder, "keys/seal.key")
  const key = await readFile(path)
  for (const mode of [0o644, 0o604, 0o640, 0o602]) {
    await chmod(path, mode)
    await assert.rejects(openSealer(folder), { code: "invalid", message: /chmod 600/ })
  }
  await chmod(path, 0o600)
  assert.deepEqual(await readFile(path), key)
  await writeFile(path, Buffer.alloc(33))
  await assert.rejects(openSealer(folder), { code: "invalid", message: /longer than 32 bytes/ })
  for (const length of [31, 0]) {
    await truncate(path, length)
    await assert.rejects(openSealer(folder), { code: "invalid", message: /exactly 32 bytes/ })
  }
})
