import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { SecretMask } from "../../../src/domain/secrets/secret-mask.ts"

const secret = 'Canary-4f"e1\\9b/ ü$d7'

function maskOf(...secrets: readonly string[]): SecretMask {
  const mask = new SecretMask()
  for (const each of secrets) mask.add(each)
  return mask
}

const bytes = Buffer.from(secret)
const spelt: Readonly<Record<string, string>> = {
  raw: secret,
  JSON: JSON.stringify(secret),
  "JSON in JSON": JSON.stringify(JSON.stringify({ secret })),
  "JSON of PHP": JSON.stringify(secret).replaceAll("/", "\\/"),
  "JSON in ASCII": JSON.stringify(secret).replace("ü", "\\u00fc"),
  URL: encodeURIComponent(secret),
  base64: Buffer.from(`user:${secret}`).toString("base64"),
  "base64, one further": Buffer.from(`userx:${secret}`).toString("base64"),
  "base64, two further": Buffer.from(`userxy:${secret}!`).toString("base64"),
  base64url: bytes.toString("base64url"),
}

for (const [form, text] of Object.entries(spelt)) {
  test(`SEC-03 a secret quoted as ${form} is not in what is shown`, () => {
    const shown = maskOf(secret).text(`Authorization: ${text}, refused`)
    assert.match(shown, /^Authorization: .*\*\*\*.*, refused$/s)
    assert.doesNotMatch(shown, /4f|NGYi|RmIm|ZiJl/)
  })
}

test("a known secret is taken out of JSON, which stays JSON and keeps all else byte for byte", () => {
  const mask = maskOf(secret, "0123456789")
  const json = JSON.stringify({ number: 10_123_456_789, deep: [{ a: `x${secret}y` }], plain: "\\n" })
  const shown = mask.json(Buffer.from(json)).toString()
  assert.equal(shown, JSON.stringify({ number: 10_123_456_789, deep: [{ a: "x***y" }], plain: "\\n" }))
  const clear = Buffer.from('{"a":"nothing to hide"}')
  assert.equal(mask.json(clear), clear)
})

test("what is there by chance across an escape, a number or the punctuation stays", () => {
  for (const [known, json] of [
    ["nabcdef", '"\\nabcdef"'],
    ["4bcdefg", '"\\u00e4bcdefg"'],
    ["123456", '{"a":12345678}'],
    ["false,", "[false,true]"],
    ['y","z', '["y","z"]'],
  ] as const) {
    const shown = maskOf(known).json(Buffer.from(json)).toString()
    assert.deepEqual(JSON.parse(shown), JSON.parse(json), `${known} in ${json}`)
  }
  assert.equal(maskOf("nabcdef").json(Buffer.from('"\\\\nabcdef"')).toString(), '"\\\\***"')
})

test("whatever the secret and the document, what is shown is JSON without the secret", () => {
  const secrets = fc.string({ minLength: 6, maxLength: 40, unit: "binary" })
  fc.assert(
    fc.property(secrets, fc.jsonValue(), (known, value) => {
      const json = Buffer.from(JSON.stringify([value, { quoted: `it is ${known}.` }]))
      const shown = maskOf(known).json(json).toString()
      const [, last] = JSON.parse(shown) as [unknown, { quoted: string }]
      if (/[b-dg-km-o-z]/i.test(known) && !/\p{Cs}/u.test(known)) assert.ok(!last.quoted.includes(known), shown)
    }),
    { numRuns: 300 },
  )
})

test("of a key of many lines no line is shown, even where the others are missing", () => {
  const lines = ["-----BEGIN KEY-----", "kjh34kjh5kj3h45kj3h4k5j", "zzxcvmnb98273498fnfdkjn", "-----END KEY-----"]
  assert.doesNotMatch(maskOf(lines.join("\n")).text(`...${lines.slice(2).join("\n")}`), /zzxc/)
})
