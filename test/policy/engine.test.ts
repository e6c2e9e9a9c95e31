/** What the oracle's small worlds do not reach: clothes of arguments, patterns, clocks, and what excludes what. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { readAnnotations } from "../../src/domain/policy/item.ts"
import { decide, mayEver, type AskedOfPolicy } from "../../src/domain/policy/decide.ts"
import type { PolicyItem } from "../../src/domain/policy/compiled-policies.ts"
import { readStrictJson } from "../../src/mcp/strict-json.ts"
import { principal } from "../call/fixtures.ts"
import { compiled } from "./past.ts"

const crm: PolicyItem = {
  kind: "tools",
  service: "crm",
  canonicalName: "crm__get",
  tags: [],
  annotations: () => readAnnotations(undefined),
}
const ann = { ...principal("ann", {}).principal, team: "42" }

function asked(isGranted: boolean, around: Partial<AskedOfPolicy["circumstances"]> = {}): AskedOfPolicy {
  return { principal: ann, action: "call", item: crm, circumstances: { nowMs: 0, ...around }, isGranted }
}

type Rule = Readonly<Record<string, unknown>>
const policyOf = (...rules: Rule[]) =>
  compiled([{ id: "p", rules: rules.map((rule, at) => ({ id: `r${at}`, ...rule })) }])

function allows(rules: Rule[], text: string, isGranted = false, around = {}): boolean {
  return decide(policyOf(...rules), asked(isGranted, around), () => readStrictJson(Buffer.from(text))).allowed
}

const own = { pointer: "/customer_id", equalsPrincipal: "team" }

/** AUTHZ-04, one each: nobody may take them for the customer's own id. */
const clothes = [
  '{"customer":{"customer_id":"42"}}',
  '{"customer_id":["42"]}',
  '{"customer_id":"7","customer_id":"42"}',
  '{"customer_id":"42","x":{"y":[{"a":1,"a":2}]}}',
  '{"customer_id ":"42"}',
  '{"customer_id":"42 "}',
  '{"customer_id":42}',
  '{"customer_id":{"$ne":1}}',
  '{"customer_id":"%34%32"}',
  '{"customer_id":"\\u0034\\u0032\\u0000"}',
  "{}",
  '{"customer_id":null}',
  '{"customer_id":"{\\"customer_id\\":\\"42\\"}"}',
  '{"customerId":"42"}',
  '{"CUSTOMER_ID":"42"}',
  '{"customer_id":true}',
  '{"customer_id":"\ud83d\ude0042"}',
  "[]",
  "null",
  '"42"',
]

test("AUTHZ-04 only one's own id is let through, by a rule that allows and by one that denies", () => {
  const allow = [{ effect: "allow", arguments: [own] }]
  const deny = [{ effect: "deny", arguments: [{ ...own, not: true }] }]
  for (const text of [
    '{"customer_id":"42"}',
    '{"\\u0063ustomer_id" : "\\u00342"}',
    '{"customer_id":"42","customerId":"7"}',
  ]) {
    assert.ok(allows(allow, text), text)
    assert.ok(allows(deny, text, true), text)
  }
  for (const text of clothes) {
    assert.ok(!allows(allow, text), text)
    assert.ok(!allows(deny, text, true), text)
  }
})

test("AUTHZ-04 numbers past what a double holds are within no bounds and equal to nothing", () => {
  const bounds = { pointer: "/n", min: 0, max: 100 }
  const deny = [{ effect: "deny", arguments: [{ ...bounds, not: true }] }]
  for (const [number, isIn] of [
    ["100", true],
    ["1e2", true],
    ["0.1", true],
    ["-0", true],
    ["100.00000000000000000001", false],
    ["1e-400", false],
    ["1e400", false],
    ["101", false],
    ["-1", false],
  ] as const) {
    assert.equal(allows([{ effect: "allow", arguments: [bounds] }], `{"n":${number}}`), isIn, number)
    assert.equal(allows(deny, `{"n":${number}}`, true), isIn, number)
  }
  const large = [{ effect: "allow", arguments: [{ pointer: "/n", equals: 9_007_199_254_740_991 }] }]
  assert.ok(allows(large, '{"n":9007199254740991}'))
  assert.ok(!allows(large, '{"n":9007199254740991.5}'))
  assert.ok(
    !allows(
      [{ effect: "allow", arguments: [{ pointer: "/n", min: 9_007_199_254_740_000 }] }],
      '{"n":9007199254740993}',
    ),
  )
})

test("AUTHZ-03 a pattern matches the whole of a text, in the time of the text", () => {
  const matching = (matches: string) => [{ effect: "allow", arguments: [{ pointer: "/a", matches }] }]
  const holds = (pattern: string, text: string) => allows(matching(pattern), JSON.stringify({ a: text }))
  assert.ok(holds("git_.*", "git_push") && !holds("git_.*", "xgit_push") && !holds("git_.*", "git_\npush"))
  assert.ok(holds("(?i)straße", "STRAßE") && !holds("é", "e\u0301"))
  assert.ok(!holds(".*", "a".repeat(4_097)) && holds(".*", "a".repeat(4_096)))
  assert.ok(!allows(matching(".*"), '{"a":"\\ud800"}'))
  const began = performance.now()
  for (let round = 0; round < 20; round++) assert.ok(!holds("(a*)*b|(a|aa)+c", "a".repeat(4_000)))
  assert.ok(performance.now() - began < 10_000)
})

test("times are those of the wall's clock where the rule says, over midnight and the change of the clocks", () => {
  const within = (time: object, iso: string) =>
    allows([{ effect: "allow", time }], "{}", false, { nowMs: Date.parse(iso) })
  const work = { zone: "Europe/Berlin", days: ["fri"], from: "08:00", to: "18:00" }
  assert.deepEqual(
    [
      "2026-11-20T06:59:59.999Z",
      "2026-11-20T07:00:00Z",
      "2026-11-20T16:59:59.999Z",
      "2026-11-20T17:00:00Z",
      "2026-11-21T08:00:00Z",
    ].map((at) => within(work, at)),
    [false, true, true, false, false],
  )
  assert.ok(
    within(work, "2026-07-03T06:00:00Z") && !within(work, "2026-07-03T05:59:59Z"),
    "in summer an hour earlier",
  )
  const night = { zone: "UTC", from: "22:00", to: "06:00" }
  assert.deepEqual(
    ["21:59:59", "22:00:00", "00:00:00", "05:59:59", "06:00:00"].map((at) => within(night, `2026-11-20T${at}Z`)),
    [false, true, true, true, false],
  )
  assert.ok(
    within({ zone: "UTC", from: "22:00" }, "2026-11-20T23:59:59Z") &&
      !within({ zone: "UTC", from: "22:00" }, "2026-11-20T00:00:00Z"),
  )
  assert.ok(within({ ...night, not: true }, "2026-11-20T12:00:00Z"))
})

test("an address is one of a network whatever it is written like, and none where it is not known", () => {
  const from = (source: string | undefined, condition: object, effect = "allow") =>
    allows([{ effect, source: condition }], "{}", effect === "deny", { source })
  const office = { in: ["10.0.0.0/8", "2001:db8::/32", "192.168.1.5"] }
  for (const [source, isIn] of [
    ["10.255.0.1", true],
    ["2001:db8:0:0:0:0:0:1", true],
    ["2001:DB8::1%eth0", true],
    ["192.168.1.5", true],
    ["192.168.1.6", false],
    ["11.0.0.1", false],
    ["unknown", false],
    ["10.0.0.1.evil", false],
    [undefined, false],
  ] as const) {
    assert.equal(from(source, office), isIn, source)
    assert.equal(from(source, { ...office, not: true }, "deny"), isIn, source)
  }
})

test("what is listed is worked out: conditions that leave nothing hide the tool", () => {
  const deny = (...conditions: object[]) => ({ effect: "deny", arguments: conditions })
  const listed = (rules: Rule[], isGranted = true) => mayEver(policyOf(...rules), asked(isGranted))
  const a = (test: object) => ({ pointer: "/a", ...test })
  const cases: readonly (readonly [boolean, Rule[]])[] = [
    [true, [deny(a({ equals: "x" }))]],
    [false, [deny(a({ equals: "x" })), deny(a({ equals: "x", not: true }))]],
    [true, [deny(a({ equals: "x" })), deny(a({ oneOf: ["x", "y"], not: true }))]],
    [false, [deny(a({ min: 1, max: 5 })), deny(a({ min: 1, max: 5, not: true }))]],
    [true, [deny(a({ min: 2 })), deny(a({ max: 1 }))]],
    [false, [deny(a({ min: 2 })), deny(a({ max: 2 }))]],
    [false, [deny(a({ equals: "x", not: true })), deny({ pointer: "/a/b", equals: 1, not: true })]],
    [true, [deny(a({ equals: "x", not: true })), deny({ pointer: "/a/b", equals: 1, absent: "passes" })]],
    [false, [deny(a({ equals: "x", not: true })), deny(a({ equals: 1, not: true }))]],
    [true, [deny(a({ equals: "x" }), { pointer: "/b", equals: "y" }), deny(a({ equals: "x", not: true }))]],
    [false, [deny(a({ matches: "x+", not: true })), deny(a({ equals: "y", not: true }))]],
    [true, [deny(a({ matches: "x+", not: true })), deny(a({ equals: "xx", not: true }))]],
    [false, [deny(a({ matches: "x+" })), deny(a({ matches: "x+", not: true }))]],
    [true, [deny(a({ matches: "x+" })), deny(a({ matches: "[a-y]+", not: true }))]],
    [false, [{ effect: "deny" }]],
    [true, [deny(a({ equalsPrincipal: "team", not: true })), deny(a({ equals: "42", not: true }))]],
    [false, [deny(a({ equalsPrincipal: "team", not: true })), deny(a({ equals: "43", not: true }))]],
  ]
  for (const [expected, rules] of cases) assert.equal(listed(rules), expected, JSON.stringify(rules))
  assert.ok(listed([{ effect: "allow", arguments: [a({ equals: "x" })] }, deny(a({ equals: "y" }))], false))
  assert.ok(!listed([{ effect: "allow", arguments: [a({ equals: "x" })] }, deny(a({ equals: "x" }))], false))
})

test("a tool that says nothing of itself is taken for one that writes, destroys and reaches outside", () => {
  const said = (text?: string) => readAnnotations(text === undefined ? undefined : Buffer.from(text))
  const careful = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true }
  assert.deepEqual(said(), careful)
  assert.deepEqual(said('{"readOnlyHint":"yes","destructiveHint":0}'), careful)
  assert.deepEqual(said('{"readOnlyHint":true}'), { ...careful, readOnlyHint: true, destructiveHint: false })
})

test("many rules that could each be escaped in many ways cost a long list no more than a short one", () => {
  const rules = Array.from({ length: 100 }, (_, rule) => ({
    effect: "deny",
    arguments: Array.from({ length: 20 }, (_, at) => ({
      pointer: `/${(rule * 7 + at) % 30}`,
      equals: rule % 3,
      not: at % 2 === 0 || undefined,
    })).map(({ not, ...one }) => ({ ...one, ...(not && { not: true }) })),
  }))
  const began = performance.now()
  const policies = policyOf(...rules)
  for (let at = 0; at < 10_000; at++)
    mayEver(policies, { ...asked(true), item: { ...crm, canonicalName: `crm__${at}` } })
  assert.ok(performance.now() - began < 5_000, `${performance.now() - began} ms`)
})
