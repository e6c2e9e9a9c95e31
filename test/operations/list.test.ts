import assert from "node:assert/strict"
import { globSync, readFileSync } from "node:fs"
import { test } from "node:test"
import * as z from "zod"
import { operations } from "../../src/operations/index.ts"

const tests = globSync("*.test.ts", { cwd: import.meta.dirname })
  .filter((file) => file !== "list.test.ts")
  .map((file) => readFileSync(`${import.meta.dirname}/${file}`, "utf8"))
  .join("\n")

test("the operations that others rely on are there", () => {
  assert.deepEqual(operations.map(({ name }) => name).sort(), [
    "apply_plan",
    "approve_plan",
    "approve_tools",
    "audit_erase",
    "audit_export",
    "audit_head",
    "audit_query",
    "audit_verify",
    "config_diff",
    "config_history",
    "create_key",
    "create_principal",
    "diagnose_service",
    "explain_access",
    "find_tools",
    "get_plan",
    "get_server_details",
    "get_service_tools",
    "get_tool_usage",
    "get_usage",
    "healthcheck",
    "inspect_service",
    "list_held_items",
    "list_issues",
    "list_keys",
    "list_plans",
    "list_policies",
    "list_principals",
    "list_quotas",
    "list_services",
    "refresh_service",
    "register_service",
    "reject_plan",
    "remove_policy",
    "remove_principal",
    "remove_quota",
    "remove_service",
    "request_access",
    "revoke_key",
    "rollback",
    "rotate_audit_key",
    "set_grants",
    "set_policy",
    "set_principal",
    "set_quota",
    "simulate_policy",
    "toggle_service",
    "update_service",
    "whoami",
  ])
})

test("no two operations have the same name or the same route", () => {
  const routes = operations.map(({ route }) => `${route.method} ${route.path.replaceAll(/\{\w+\}/g, "{}")}`)
  assert.equal(new Set(operations.map(({ name }) => name)).size, operations.length)
  assert.equal(new Set(routes).size, operations.length)
})

for (const { name, title, summary, effect, route, input, output } of operations) {
  test(`${name} is fit for every door`, () => {
    assert.match(name, /^[a-z][a-z_]*$/)
    assert.ok(title.length > 0 && summary.length > 80, "its summary does not let a model choose it")
    assert.match(route.path, /^(\/[a-z-]+|\/\{\w+\})+$/)
    const members = Object.keys(input.shape)
    for (const [, member = ""] of route.path.matchAll(/\{(\w+)\}/g)) assert.ok(members.includes(member), member)
    assert.equal(route.method === "GET", effect === "read")
    assert.equal(route.method === "DELETE", effect === "delete")
  })

  test(`${name} refuses members that it does not know`, () => {
    const { error } = input.safeParse({ surely_unknown: 1 })
    assert.ok(error?.issues.some(({ code }) => code === "unrecognized_keys"))
  })

  test(`the schemas of ${name} can be written as JSON Schema`, () => {
    const taken = z.toJSONSchema(input, { io: "input" })
    const given = z.toJSONSchema(output)
    assert.deepEqual([taken.type, taken.additionalProperties], ["object", false])
    assert.deepEqual([given.type, given.additionalProperties], ["object", false])
    assert.ok(
      JSON.stringify(taken).length < 12_000,
      `its input takes ${JSON.stringify(taken).length} bytes of a model's context`,
    )
  })

  test(`${name} is performed by a test`, () => assert.ok(tests.includes(`"${name}"`)))
}
