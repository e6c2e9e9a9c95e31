import assert from "node:assert/strict"
import { createPrivateKey, generateKeyPairSync, verify, type KeyObject } from "node:crypto"
import { test } from "node:test"
import fc from "fast-check"
import { openNote, readVkey, signerOf } from "../../../src/domain/audit/signed-note.ts"
import { GatewayError } from "../../../src/errors.ts"

/** From the documentation of golang.org/x/mod/sumdb/note. */
const peter = {
  name: "PeterNeumann",
  vkey: "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  seed: "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  signature:
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
}
const enoch = {
  vkey: "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
  signature:
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n",
}

function petersKey(): KeyObject {
  const seed = Buffer.from(peter.seed, "base64").subarray(1)
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed])
  return createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" })
}

const signer = signerOf("mcp-meta-0123456789ab", generateKeyPairSync("ed25519").privateKey)
const verifier = readVkey(signer.vkey)

test("a published note is signed and opened as its authors did", () => {
  const made = signerOf(peter.name, petersKey())
  assert.equal(made.vkey, peter.vkey)
  const note = made.sign(peter.text)
  assert.equal(note, `${peter.text}\n${peter.signature}`)
  const opened = openNote(note, [readVkey(peter.vkey)])
  assert.equal(opened.state === "signed" && opened.text, peter.text)
})

test("a note with two signatures opens by either key", () => {
  const note = `${peter.text}\n${peter.signature}${enoch.signature}`
  for (const vkey of [peter.vkey, enoch.vkey]) {
    const opened = openNote(note, [readVkey(vkey)])
    assert.equal(opened.state === "signed" && opened.verifier.vkey, vkey)
  }
})

test("any text of a note opens again, and its signature is plain Ed25519", () => {
  const lines = fc.array(
    fc.string({ unit: "grapheme" }).filter((line) => !/\p{Cc}/u.test(line) && line.isWellFormed()),
  )
  fc.assert(
    fc.property(lines, (lines) => {
      const text = `${lines.join("\n")}\n`
      const note = signer.sign(text)
      const opened = openNote(note, [verifier])
      assert.equal(opened.state === "signed" && opened.text, text)
      const signature = Buffer.from(note.trimEnd().split(" ").at(-1) ?? "", "base64").subarray(4)
      assert.ok(verify(null, Buffer.from(text), verifier.publicKey, signature))
    }),
    { numRuns: 50 },
  )
})

test("no byte of a note can be changed without being noticed", () => {
  const note = signer.sign("mcp-meta-0123456789ab/s\n12\n")
  const bytes = Buffer.from(note)
  for (let index = 0; index < bytes.length; index += 1) {
    for (const flip of [1, 0x20, 0x80]) {
      const changed = Buffer.from(bytes)
      changed[index] = (changed[index] ?? 0) ^ flip
      const { state } = openNote(changed.toString(), [verifier])
      assert.notEqual(state, "signed", `byte ${index} ^ ${flip}`)
    }
  }
})

test("a key of the same name and a different value is another key", () => {
  const other = signerOf(signer.name, generateKeyPairSync("ed25519").privateKey)
  assert.equal(openNote(other.sign("a\n"), [verifier]).state, "unknown_key")
})

test("a good signature does not make up for a bad one by a key that is known", () => {
  const [good, bad] = [signer.sign("a\n"), signer.sign("b\n")]
  const both = `${good}${bad.split("\n\n")[1]}`
  assert.equal(openNote(both, [verifier]).state, "bad_signature")
})

test("what has not the form of a note is malformed", () => {
  const line = signer.sign("a\n").split("\n\n")[1]
  const forms = [
    "",
    "\n",
    "a\n",
    "a\n\n",
    `a\n${line}`,
    `\n${line}`,
    `a\n\n${line}\n`,
    `a\u0000\n\n${line}`,
    `a\r\n\n${line}`,
  ]
  const more = [
    `a\n\n${line?.trimEnd()}`,
    `a\n\n- x AAAAAAA=\n`,
    `a\n\n— x\n`,
    `a\n\n— x AAAA\n`,
    `a\n\n— x+y AAAAAAA=\n`,
  ]
  const many = `a\n\n${line?.repeat(101)}`
  for (const form of [...forms, ...more, many, `a\n\n— x AAAAAAB=\n`, `${"a".repeat(1_000_000)}\n\n${line}`]) {
    assert.equal(openNote(form, [verifier]).state, "malformed", JSON.stringify(form.slice(0, 80)))
  }
})

test("a line that is not a key is refused", () => {
  const [, name = "", id = "", key = ""] = /^(.*?)\+(.*?)\+(.*)$/.exec(signer.vkey) ?? []
  const wrong = ["", name, `${name}+${id}`, `${name}+00000000+${key}`, `other+${id}+${key}`, `${signer.vkey}\n`]
  const otherKind = Buffer.concat([Buffer.of(2), Buffer.from(key, "base64").subarray(1)]).toString("base64")
  const forms = [`${name}+${id}+${otherKind}`, `${name}+${id}+${key.slice(0, -4)}`, `a b+${id}+${key}`]
  for (const line of [...wrong, ...forms, `PRIVATE+KEY+${name}+${id}+${key}`]) {
    assert.throws(
      () => readVkey(line),
      (thrown) => thrown instanceof GatewayError && thrown.code === "invalid",
      line,
    )
  }
})

test("only Ed25519 keys sign, and only texts of whole lines", () => {
  const isInvalid = (thrown: unknown): boolean => thrown instanceof GatewayError && thrown.code === "invalid"
  assert.throws(() => signerOf("x", generateKeyPairSync("ed448").privateKey), isInvalid)
  for (const text of ["", "a", "a\tb\n", "\ud800\n"]) {
    assert.throws(
      () => signer.sign(text),
      (thrown) => thrown instanceof GatewayError && thrown.code === "internal",
    )
  }
})
