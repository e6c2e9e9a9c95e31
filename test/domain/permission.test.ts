import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  compileGrants,
  exceeds,
  grantsSchema,
  holds,
  permissionSchema,
  type Grants,
} from "../../src/domain/permission.ts"

const patterns = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "*"), minLength: 1, maxLength: 4 }), {
  maxLength: 3,
})
const use = fc.record({ allow: patterns, deny: patterns })
const grants: fc.Arbitrary<Grants> = fc.record({
  permissions: fc.subarray([...permissionSchema.options], { maxLength: 3 }),
  tools: use,
  prompts: use,
  resources: use,
})
const names = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 5 })

function toolsOf(allow: string[], deny: string[] = []): Grants {
  return grantsSchema.parse({ tools: { allow, deny } })
}

test("each grade holds the permissions of those before it", () => {
  const held = (grade: "observe" | "operate" | "configure" | "govern") =>
    permissionSchema.options.filter((permission) => permission.includes(":") && holds([grade], permission))
  const observe = ["self:read", "tools:read", "services:read", "issues:read", "events:read", "audit:head"]
  const operate = [...observe, "services:operate", "usage:read", "quotas:read"]
  const configure = [...operate, "services:write"]
  const identity = ["principals:read", "principals:write", "keys:write", "grants:write"]
  const govern = [...configure, ...identity, "audit:read", "audit:export", "audit:write", "quotas:write"]
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

test("everyone may grant what they have themselves", () => {
  fc.assert(fc.property(grants, (own) => assert.deepEqual(exceeds(own, own), [])))
})
