import assert from "node:assert/strict"
import { test } from "node:test"
import { inverseOf, type Change } from "../../../src/domain/changes/change.ts"
import { showChanges } from "../../../src/domain/changes/change-shown.ts"
import { digestOf } from "../../../src/domain/plans/plan-digest.ts"
import { GatewayError } from "../../../src/errors.ts"
import { keyOf, principalOf, quotaOf } from "./samples.ts"

const secret = "hunter2-hunter2"
const ann = principalOf("ann", { tools: { allow: ["a"] } })

function diffOf(change: Change): readonly string[] {
  return showChanges([change])[0]?.diff ?? []
}

test("a change is shown by the lines that differ", () => {
  const before = { command: "node", args: ["a.ts"], tools: { deny: ["rm"] }, timeoutMs: 1_000 }
  const after = { command: "node", args: ["a.ts", "b"], tools: { deny: [] }, title: "A" }
  assert.deepEqual(diffOf({ subject: "service", name: "a", before, after }), [
    '- args: ["a.ts"]',
    '+ args: ["a.ts","b"]',
    '- tools.deny: ["rm"]',
    "+ tools.deny: []",
    "- timeoutMs: 1000",
    '+ title: "A"',
  ])
})

test("a secret that changes is seen to change and is not seen", () => {
  const definition = (value: string): Record<string, unknown> => ({
    url: `https://u:${value}@host/mcp?key=${value}`,
    headers: { Authorization: `Bearer ${value}` },
    env: { KEY: value, OTHER: "${secret:OTHER}" },
    args: ["--token", value],
    endpoints: [{ url: `https://host/?k=${value}` }],
    gallery: value,
  })
  const before = definition("an-older-secret")
  const after = definition(secret)
  const lines = diffOf({ subject: "service", name: "a", before, after })
  assert.equal(lines.length, 12)
  assert.ok(!/hunter2|an-older/.test(lines.join("\n")), lines.join("\n"))
  assert.ok(lines.includes('+ headers.Authorization: "***"'))
})

test("hashes are not shown, nor what a store counts for itself", () => {
  const changed = { ...ann, passwordHash: `$argon2id$${secret}`, version: 2 }
  assert.deepEqual(diffOf({ subject: "principal", name: "ann", before: ann, after: changed }), [
    '+ passwordHash: "***"',
  ])
  assert.deepEqual(diffOf({ subject: "key", name: "k1", after: keyOf(ann) }), [
    '+ principalId: "id-of-ann"',
    '+ hash: "***"',
    '+ label: ""',
  ])
})

test("names that hide what they are show it, and long changes are cut and counted", () => {
  const after = { env: { "A.B": "x" }, tools: { rename: { "a\u202Eb": "c" } } }
  const lines = diffOf({ subject: "service", name: "a", after })
  assert.ok(
    lines.includes('+ env."A.B": "***"') && lines.includes('+ tools.rename."a\\u202eb": "c"'),
    lines.join("\n"),
  )
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`tool${at}`, "x".repeat(400)]))
  const long = showChanges([{ subject: "service", name: "a", after: { tools: { describe: many } } }])
  assert.ok(JSON.stringify(long).length < 60_000)
  assert.match(long[0]?.diff.at(-1) ?? "", /^\.\.\. and \d+ lines more$/)
  const wide = showChanges([{ subject: "service", name: "a", after: { args: ["x".repeat(9_000), "--evil"] } }])
  assert.deepEqual([long[0]?.cut, wide[0]?.cut, wide[0]?.diff[0]?.endsWith("...")], [true, true, true])
})

test("a change turned round gives back what was, under the version that follows", () => {
  const after = { ...ann, disabled: true, version: 2 }
  const back = inverseOf({ subject: "principal", name: "ann", before: ann, after })
  assert.deepEqual(back, { subject: "principal", name: "ann", before: after, after: { ...ann, version: 3 } })
  const removed = inverseOf({ subject: "quota", name: "q", before: quotaOf({ version: 7 }) })
  assert.deepEqual(removed, { subject: "quota", name: "q", before: undefined, after: quotaOf({ version: 1 }) })
  const made = inverseOf({ subject: "service", name: "a", after: { command: "x" } })
  assert.deepEqual(made, { subject: "service", name: "a", before: { command: "x" }, after: undefined })
})

test("a deed cannot be turned round", () => {
  const deed: Change = {
    subject: "deed",
    name: "rotate_audit_key",
    words: "Rotates.",
    deed: { kind: "rotate_audit_key" },
  }
  assert.throws(
    () => inverseOf(deed),
    (thrown) => thrown instanceof GatewayError && thrown.code === "conflict",
  )
})

const bound = { nonce: "n", operation: "create_key", input: { principal: "ann" } }

test("a digest is the same for a draft made anew, and not for another input, state or nonce", () => {
  const change = (facts: Parameters<typeof keyOf>[1]): Change => ({
    subject: "key",
    name: facts?.id ?? "",
    after: keyOf(ann, facts),
  })
  const first = digestOf({ ...bound, changes: [change({ id: "k1", hash: "$argon2id$1", createdAtMs: 1 })] })
  assert.match(first, /^[\w-]{43}$/)
  assert.equal(digestOf({ ...bound, changes: [change({ id: "k2", hash: "$argon2id$2", createdAtMs: 2 })] }), first)
  const others = [
    digestOf({ ...bound, nonce: "m", changes: [change({})] }),
    digestOf({ ...bound, input: { principal: "bob" }, changes: [change({})] }),
    digestOf({ ...bound, operation: "set_grants", changes: [change({})] }),
    digestOf({ ...bound, changes: [change({ principalId: "id-of-bob" })] }),
    digestOf({
      ...bound,
      changes: [{ subject: "key", name: "k1", before: keyOf(ann), after: keyOf(ann, { version: 2 }) }],
    }),
  ]
  assert.equal(new Set([first, ...others]).size, 6)
})

test("the order of members changes no digest, and half a character has none", () => {
  const one = digestOf({ ...bound, input: { a: 1, b: 2 }, changes: [] })
  assert.equal(digestOf({ ...bound, input: { b: 2, a: 1 }, changes: [] }), one)
  assert.throws(
    () => digestOf({ ...bound, input: { a: "\ud800" }, changes: [] }),
    (thrown) => thrown instanceof GatewayError && thrown.code === "invalid",
  )
})
