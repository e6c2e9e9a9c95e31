import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { redact } from "../../../../src/domain/audit/redaction/redact.ts"
import { core, secretForms, secretNames } from "./redact-canaries.ts"

const rule = { maxBytes: 1_000_000, keys: [] as readonly string[] }

function redacted(value: unknown, keys: readonly string[] = []): string {
  return redact(JSON.stringify(value), { ...rule, keys })
}

/** Where a text may stand. */
const positions: Readonly<Record<string, (text: string) => unknown>> = {
  alone: (text) => text,
  "in a member": (text) => ({ note: text, other: 1 }),
  "in a list": (text) => [1, text, null],
  "deep inside": (text) => ({ a: [{ b: { c: [[text]] } }] }),
  "in a name": (text) => ({ [text]: 1 }),
  "among words": (text) => ({ note: `Look at this: ${text} and tell me.` }),
  "at the end of a line": (text) => ({ note: `first line\n${text}\nlast line` }),
  "in quotes": (text) => ({ note: `it is "${text}", he said` }),
  "in a tool result": (text) => ({ content: [{ type: "text", text: `Result:\n${text}` }], isError: false }),
}

const encodings: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  "JSON in a string": (text) => JSON.stringify({ inner: [text] }),
  "JSON in JSON in a string": (text) => JSON.stringify({ outer: JSON.stringify({ inner: text }) }),
  "JSON among words": (text) => `answer: ${JSON.stringify({ inner: text })}`,
  base64: (text) => Buffer.from(text).toString("base64"),
  base64url: (text) => Buffer.from(text).toString("base64url"),
  "base64 within a longer text": (text) => Buffer.from(`see: ${text} end`).toString("base64"),
  "wrapped base64": (text) =>
    wrapped(Buffer.from(`${"x".repeat(70)} ${text} ${"y".repeat(70)}`).toString("base64")),
  percent: (text) => encodeURIComponent(text),
  "percent in a URL": (text) => `https://example.com/go?to=${encodeURIComponent(text)}&then=1`,
}

function wrapped(base64: string): string {
  return base64.replaceAll(/.{76}/g, "$&\n")
}

for (const [what, form] of Object.entries(secretForms)) {
  test(`${what} survives in no place and no encoding`, () => {
    for (const [position, place] of Object.entries(positions)) {
      for (const [encoding, encode] of Object.entries(encodings)) {
        const shown = redacted(place(encode(form)))
        assert.ok(isValid(shown))
        for (const left of [form, core(form), encode(form), inner(encode(core(form)))]) {
          assert.ok(!shown.includes(left), `${encoding} ${position}: ${left} is in ${shown}`)
        }
      }
    }
  })
}

/** What an encoded text looks like inside a longer one: the ends depend on what stands beside. */
function inner(encoded: string): string {
  return encoded.length > 20 ? encoded.slice(4, -4) : encoded
}

function isValid(json: string): boolean {
  JSON.parse(json)
  return true
}

const canary = "canary"

test("what stands under a secret name survives in no form", () => {
  const values = [canary, { a: canary }, [canary], { deep: [{ er: canary }] }, [[canary], 7]]
  for (const name of secretNames) {
    for (const value of values) {
      for (const whole of [
        { [name]: value },
        [{ x: { [name]: value } }],
        { text: JSON.stringify({ [name]: value }) },
      ]) {
        const shown = redacted(whole)
        assert.ok(isValid(shown))
        assert.ok(!shown.includes(canary), `${name}: ${shown}`)
      }
    }
    assert.ok(!redacted({ list: [{ name, value: canary }] }).includes(canary), name)
    assert.ok(!redacted({ list: [{ value: canary, key: name }] }).includes(canary), name)
    assert.ok(!redacted({ args: [`--${name}`, canary] }).includes(canary), name)
    assert.ok(!redacted({ log: `{"level": 3, "${name}": "${canary}"` }).includes(canary), name)
    assert.ok(!redacted({ log: `--${name}=${canary}` }).includes(canary), name)
  }
})

test("a number under a secret name is a secret, and a truth value or nothing is none", () => {
  assert.equal(
    redacted({ password: 1234, secret: true, token: null, cookie: "" }),
    '{"password":"[redacted]","secret":true,"token":null,"cookie":""}',
  )
})

test("all variables and headers of a service are secrets", () => {
  const definition = {
    url: "http://localhost:1/mcp",
    env: { PORT: 1, NAME: canary },
    headers: [["X-Tenant", canary]],
  }
  const shown = redacted({ name: "time", definition })
  assert.ok(!shown.includes(canary))
  assert.ok(shown.includes('"NAME":"[redacted]"') && shown.includes("http://localhost:1/mcp"))
  assert.equal(redacted({ env: "production" }), '{"env":"production"}')
})

test("the names that a service adds are secret, whatever their case and joints", () => {
  const keys = ["pin_code", "c++"]
  const shown = redacted(
    { PinCode: canary, "PIN-CODE": [canary], "c++": canary, text: `pin code: 1, pin-code=${canary}` },
    keys,
  )
  assert.ok(!shown.includes(canary), shown)
  assert.ok(redacted({ pinCode: canary }).includes(canary))
})

test("digits, escapes and the order of members stay as they were written", () => {
  const json = '{"b":12345678901234567890,"a":1e400,"b":-0.0,"u":"\\u00e9\\ud800","__proto__":{"x":1}}'
  assert.equal(redact(json, rule), json)
  assert.equal(redact(' { "a" : [ 1 , "x" , { } ] } ', rule), '{"a":[1,"x",{}]}')
  for (const plain of ["1", "null", '"x"', "[]", "{}", '""', "-0"]) assert.equal(redact(plain, rule), plain)
})

test("what was redacted once stays as it is", () => {
  for (const form of Object.values(secretForms)) {
    for (const encode of Object.values(encodings)) {
      const once = redacted({ note: `see ${encode(form)}.` })
      assert.equal(redact(once, rule), once)
    }
  }
})

test("what is no JSON is not shown", () => {
  assert.equal(redact("{password: 'x'", rule), '{"unreadable":true,"bytes":14}')
  assert.equal(redact("", rule), '{"unreadable":true,"bytes":0}')
})

test("a copy that would be too long is cut behind a whole character, and says how long it was", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.integer({ min: 60, max: 200 }), (json, maxBytes) => {
      const shown = redact(json, { ...rule, maxBytes })
      assert.ok(Buffer.byteLength(shown) <= maxBytes)
      const cut = JSON.parse(shown) as { truncated?: true; bytes?: number; begin?: string }
      if (Buffer.byteLength(redact(json, rule)) <= maxBytes) return
      assert.equal(cut.bytes, Buffer.byteLength(json))
      assert.ok(redact(json, rule).startsWith(cut.begin ?? "?"))
    }),
    { numRuns: 500 },
  )
})

test("no cut shows a part of a secret", () => {
  const form = secretForms["an Anthropic key"] ?? ""
  const json = JSON.stringify({ text: `${"ä".repeat(20)} ${form} ${"word ".repeat(40)}` })
  for (let maxBytes = 0; maxBytes < json.length; maxBytes += 1) {
    const shown = redact(json, { ...rule, maxBytes })
    assert.ok(!shown.includes(form.slice(0, 8)))
    assert.doesNotMatch(shown, /\[r?e?d?a?c?t?e?d?"/)
  }
})

test("what is nested too deeply is not shown", () => {
  const deep = `${"[".repeat(100)}"${canary}"${"]".repeat(100)}`
  const nested = Array.from({ length: 10 }).reduce<string>(
    (text) => JSON.stringify({ a: text }),
    `{"password":"${canary}"}`,
  )
  for (const json of [deep, nested]) {
    assert.ok(isValid(redact(json, rule)))
    assert.ok(!redact(json, rule).includes(canary))
  }
})

test("a secret behind a long text without spaces is taken out, too", () => {
  const names = "token:".repeat(200)
  for (const end of [`${names}hunter2`, `${names}${"x".repeat(200)}hunter2`, `${names} password: hunter2`]) {
    assert.ok(!redacted(end).includes("hunter2"))
  }
})

test("more than 256 KiB are not shown at all", () => {
  const json = JSON.stringify("a".repeat(256 * 1_024))
  assert.equal(redact(json, rule), `{"truncated":true,"bytes":${json.length},"begin":""}`)
})

test("any JSON comes out as JSON, whatever stands in it", () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ maxDepth: 5, noUnicodeString: false }),
      fc.constantFrom(...Object.values(secretForms)),
      (value, form) => {
        const shown = redacted({ [form]: value, value: [form, value] })
        assert.ok(isValid(shown) && !shown.includes(core(form)))
      },
    ),
    { numRuns: 500 },
  )
})
