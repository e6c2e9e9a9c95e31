import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  changesAtMs,
  compileGrants,
  liveGrants,
  grantsSchema,
  holds,
  permissionSchema,
  type Grants,
} from "../../src/domain/permission.ts"
import { exceeds } from "../../src/domain/exceeding.ts"

const patterns = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "*"), minLength: 1, maxLength: 4 }), {
  maxLength: 3,
})
const use = fc.record({ allow: patterns, deny: patterns })
const rights = {
  permissions: fc.subarray([...permissionSchema.options], { maxLength: 3 }),
  tools: use,
  prompts: use,
  resources: use,
}
const grants: fc.Arbitrary<Grants> = fc.record(rights)
const lastMs = 3
/** Of few patterns, so that one often lies within the other. */
const briefUse = fc.record({
  allow: fc.subarray(["*", "a*", "ab"], { maxLength: 2 }),
  deny: fc.subarray(["ab", "b*"]),
})
const brief = { ...rights, tools: briefUse, prompts: fc.constant({ allow: [], deny: [] }) }
const temporary = fc.array(fc.record({ ...brief, expiresAtMs: fc.integer({ min: 1, max: lastMs }) }), {
  maxLength: 2,
})
const passing: fc.Arbitrary<Grants> = fc.record({ ...brief, temporary })
const names = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 5 })

function toolsOf(allow: string[], deny: string[] = []): Grants {
  return grantsSchema.parse({ tools: { allow, deny } })
}

test("each grade holds the permissions of those before it", () => {
  const held = (grade: "observe" | "operate" | "configure" | "govern") =>
    permissionSchema.options.filter((permission) => permission.includes(":") && holds([grade], permission))
  const observe = [
    "self:read",
    "tools:read",
    "services:read",
    "issues:read",
    "events:read",
    "audit:head",
    "plans:read",
  ]
  const operate = [...observe, "services:operate", "usage:read", "quotas:read"]
  const configure = [...operate, "services:write", "history:read"]
  const identity = ["principals:read", "principals:write", "keys:write", "grants:write"]
  const govern = [
    ...configure,
    ...identity,
    "audit:read",
    "audit:export",
    "audit:write",
    "quotas:write",
    "plans:approve",
    "policies:read",
    "policies:write",
  ]
  assert.deepEqual(held("observe").toSorted(), observe.toSorted())
  assert.deepEqual(held("operate").toSorted(), operate.toSorted())
  assert.deepEqual(held("configure").toSorted(), configure.toSorted())
  assert.deepEqual(held("govern").toSorted(), govern.toSorted())
})

test("no grade holds the permission to start programs", () => {
  assert.equal(holds(["govern", "configure"], "services:stdio:write"), false)
  assert.equal(holds(["services:stdio:write"], "services:stdio:write"), true)
})

test("fine permissions do not add up to a grade", () => {
  assert.equal(holds(["self:read", "tools:read", "services:read", "issues:read", "events:read"], "observe"), false)
})

test("nothing is allowed that is not granted, and what is denied is denied", () => {
  const may = compileGrants(toolsOf(["files__*", "echo"], ["files__delete*"]))
  const asked = ["echo", "echo2", "files__read", "files__delete", "files__delete_all", "Files__read", ""]
  assert.deepEqual(
    asked.filter((name) => may.mayUse("tools", name)),
    ["echo", "files__read"],
  )
  assert.equal(may.mayUse("prompts", "echo"), false)
  assert.equal(compileGrants(grantsSchema.parse({})).mayUse("tools", "echo"), false)
})

test("grants that leave everything out are empty, and unknown members are refused", () => {
  const none = { allow: [], deny: [] }
  assert.deepEqual(grantsSchema.parse({}), { permissions: [], tools: none, prompts: none, resources: none })
  const wrong = [
    { role: "admin" },
    { tools: { allow: ["*"], only: [] } },
    { permissions: ["root"] },
    { tools: { allow: [""] } },
  ]
  for (const input of wrong) assert.equal(grantsSchema.safeParse(input).success, false)
})

test("names of Object's own members are names like any other", () => {
  const may = compileGrants(toolsOf(["echo"]))
  for (const name of ["__proto__", "constructor", "toString"]) assert.equal(may.mayUse("tools", name), false)
})

test("nobody grants a permission that they do not hold", () => {
  const grantor = grantsSchema.parse({ permissions: ["configure", "keys:write"] })
  const wanted = grantsSchema.parse({
    permissions: ["operate", "services:write", "keys:write", "govern", "services:stdio:write"],
  })
  assert.deepEqual(exceeds(grantor, wanted), ["govern", "services:stdio:write"])
})

test("nobody grants a pattern wider than their own, or one that drops what they are denied", () => {
  const grantor = toolsOf(["files__*", "echo"], ["files__delete*"])
  assert.deepEqual(exceeds(grantor, toolsOf(["files__read*", "echo"])), [])
  assert.deepEqual(exceeds(grantor, toolsOf(["files__*"], ["files__del*"])), [])
  assert.deepEqual(exceeds(grantor, toolsOf(["*", "echo*"])), ["tools *", "tools echo*"])
  assert.deepEqual(exceeds(grantor, toolsOf(["files__*"])), ["tools files__* without denying files__delete*"])
  assert.deepEqual(exceeds(grantor, toolsOf(["files__*e"], ["files__delete"])), [
    "tools files__*e without denying files__delete*",
  ])
})

test("whoever was granted no more than the grantor has may use nothing that the grantor may not", () => {
  let granted = 0
  fc.assert(
    fc.property(grants, grants, names, (grantor, wanted, name) => {
      fc.pre(exceeds(grantor, wanted).length === 0)
      const [above, below] = [compileGrants(grantor), compileGrants(wanted)]
      for (const kind of ["tools", "prompts", "resources"] as const) {
        if (!below.mayUse(kind, name)) continue
        granted++
        assert.ok(above.mayUse(kind, name))
      }
      for (const permission of permissionSchema.options)
        assert.ok(!below.holds(permission) || above.holds(permission))
    }),
    { numRuns: 1_500 },
  )
  assert.ok(granted > 0, "no case granted anything: the property was never tried")
})

test("AGT-09 what was granted for a time is never more than the grantor has at that time", () => {
  let granted = 0
  fc.assert(
    fc.property(passing, passing, names, (grantor, wanted, name) => {
      fc.pre(exceeds(grantor, wanted).length === 0)
      for (let nowMs = 0; nowMs <= lastMs; nowMs++) {
        const [above, below] = [compileGrants(grantor, nowMs), compileGrants(wanted, nowMs)]
        if (below.mayUse("tools", name)) granted++
        assert.ok(!below.mayUse("tools", name) || above.mayUse("tools", name))
        assert.ok(permissionSchema.options.every((one) => !below.holds(one) || above.holds(one)))
      }
    }),
    { numRuns: 300 },
  )
  assert.ok(granted > 0, "no case granted anything: the property was never tried")
})

test("everyone may grant what they have themselves", () => {
  fc.assert(fc.property(fc.oneof(grants, passing), (own) => assert.deepEqual(exceeds(own, own), [])))
})

test("AGT-09 a temporary grant counts until its time is over, and grants no longer than it lasts", () => {
  const own = grantsSchema.parse({
    permissions: ["grants:write"],
    tools: { allow: ["files__*"], deny: ["files__delete"] },
    temporary: [
      { permissions: ["govern"], tools: { allow: ["mail__*"], deny: ["mail__purge"] }, expiresAtMs: 100 },
    ],
  })
  for (const [nowMs, usable] of [
    [99, ["files__read", "mail__send"]],
    [100, ["files__read"]],
  ] as const) {
    const may = compileGrants(own, nowMs)
    assert.deepEqual(
      ["files__read", "files__delete", "mail__send", "mail__purge"].filter((name) => may.mayUse("tools", name)),
      usable,
    )
    assert.equal(may.holds("govern"), nowMs < 100)
  }
  assert.equal(compileGrants(own).holds("govern"), false)
  const passOn = (expiresAtMs: number, more: object = {}): string[] =>
    exceeds(own, grantsSchema.parse({ temporary: [{ tools: { allow: ["mail__send"] }, ...more, expiresAtMs }] }))
  assert.deepEqual(passOn(100), [])
  assert.deepEqual(passOn(50, { permissions: ["configure"] }), [])
  assert.deepEqual(passOn(101), ["tools mail__send until 1970-01-01T00:00:00.101Z"])
  assert.deepEqual(exceeds(own, toolsOf(["mail__send"])), ["tools mail__send"])
  assert.deepEqual(passOn(100, { tools: { allow: ["mail__*"] } }), [
    "tools mail__* without denying mail__purge until 1970-01-01T00:00:00.100Z",
  ])
})

test("what standing grants deny, no temporary one allows", () => {
  const may = compileGrants(
    grantsSchema.parse({
      tools: { deny: ["files__delete"] },
      temporary: [{ tools: { allow: ["files__*"] }, expiresAtMs: 100 }],
    }),
    1,
  )
  assert.deepEqual([may.mayUse("tools", "files__read"), may.mayUse("tools", "files__delete")], [true, false])
})

test("it is known when grants change by themselves, and what is over is dropped", () => {
  const one = (expiresAtMs: number) => ({ ...toolsOf(["a"]), expiresAtMs })
  const own: Grants = { ...toolsOf([]), temporary: [one(300), one(100), one(200)] }
  assert.deepEqual([0, 100, 250, 300].map((nowMs) => changesAtMs(own, nowMs)), [100, 200, 300, Infinity]) // oxfmt-ignore
  assert.deepEqual(liveGrants(own, 200).temporary?.map(({ expiresAtMs }) => expiresAtMs), [300]) // oxfmt-ignore
  assert.deepEqual(liveGrants(own, 300), toolsOf([]))
})
