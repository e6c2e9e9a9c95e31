import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import * as z from "zod"
import { operations } from "../../src/operations/index.ts"
import { hello, nowMs, openKit, refusal, type Kit } from "./operations-kit.ts"

type Shown = {
  readonly plan: {
    readonly state: string
    readonly operation: string
    readonly proposedBy: string
    readonly changes: readonly {
      readonly subject: string
      readonly name: string
      readonly effect: string
      readonly diff: readonly string[]
    }[]
    readonly risk: { readonly class: string; readonly reasons: readonly { readonly rule: string }[] }
    readonly digest: string
    readonly expiresAt: string
  }
}

/** All that may change a gateway, and what each would be asked. */
async function inputs(kit: Kit): Promise<Readonly<Record<string, object>>> {
  const ann = await kit.join("ann", { tools: { allow: ["a"] } })
  const admin = await kit.join("admin", {
    permissions: ["govern", "services:stdio:write"],
    tools: { allow: ["*"] },
  })
  await kit.run(admin, "register_service", { name: "off", command: "/opt/services/new", enabled: false })
  const { id } = (await kit.run(admin, "create_key", { principal: "ann" })) as { id: string }
  const { quota } = (await kit.run(admin, "set_quota", {
    subject: "principal:ann",
    target: "everything",
    limit: 5,
    window: "hour",
  })) as { quota: { id: string } }
  await kit.run(admin, "register_service", { name: "held", ...hello, pin: "approve" })
  const { digest } = await kit.run(admin, "list_held_items", { name: "held" })
  const policy = {
    id: "old",
    name: "Old",
    mode: "enforce",
    rules: [{ id: "r", effect: "deny", subject: { principals: ["ann"] } }],
  }
  await kit.run(admin, "set_policy", { policy })
  return {
    approve_tools: { name: "held", digest },
    register_service: { name: "new", command: "/opt/services/new", env: { TOKEN: "never-to-be-seen" } },
    update_service: { name: "off", args: ["x"] },
    toggle_service: { name: "off", enabled: true },
    remove_service: { name: "off" },
    create_principal: { name: "eve", kind: "agent", password: "never-to-be-seen" },
    set_grants: { name: ann.principal.name, grants: { tools: { allow: ["b"] } } },
    set_principal: { name: "ann", disabled: true },
    remove_principal: { name: "ann" },
    request_access: { prompts: ["b"], reason: "a try", minutes: 5 },
    create_key: { principal: "ann" },
    revoke_key: { id },
    set_quota: { id: quota.id, subject: "principal:ann", target: "everything", limit: 9, window: "hour" },
    remove_quota: { id: quota.id },
    set_policy: { policy: { ...policy, id: "new" } },
    remove_policy: { id: "old" },
    audit_erase: { principal: "ann", to: "-1d" },
    rotate_audit_key: {},
    rollback: { undo: 3 },
  }
}

/** All that is kept but the plans themselves. */
function kept({ folder }: Kit): unknown {
  const read = (...path: string[]): string => readFileSync(join(folder, ...path), "utf8")
  const { plans: _plans, ...state } = JSON.parse(read("data", "state.json")) as Record<string, unknown>
  const services = readdirSync(join(folder, "servers.d")).map((file) => [file, read("servers.d", file)])
  return { state, services }
}

test("a dry run of every operation that changes something changes nothing", async (t) => {
  const kit = await openKit(t)
  const asked = await inputs(kit)
  const changing = operations.filter((operation) => "draft" in operation).map(({ name }) => name)
  assert.deepEqual(Object.keys(asked).sort(), changing.sort())
  const admin = await kit.join("boss", {
    permissions: ["govern", "services:stdio:write"],
    tools: { allow: ["*"] },
  })
  const [before, head, told] = [kept(kit), kit.audit.head(), kit.history.head()]
  for (const [name, input] of Object.entries(asked)) {
    const { plan } = (await kit.run(admin, name, { ...input, dry_run: true })) as Shown
    assert.deepEqual([plan.operation, plan.state, plan.proposedBy], [name, "drafted", "boss"])
    assert.ok(plan.changes.length > 0 && plan.changes.every(({ diff }) => diff.length > 0), name)
    assert.equal(plan.expiresAt, new Date(nowMs + 3_600_000).toISOString())
    assert.ok(!JSON.stringify(plan).includes("never-to-be-seen"), name)
    assert.deepEqual([kept(kit), kit.audit.head()], [before, head], `${name} changed something`)
  }
  assert.equal(kit.history.head(), told)
  assert.ok(!readFileSync(join(kit.folder, "data", "state.json"), "utf8").includes("never-to-be-seen"))
})

test("only operations that read or execute something take no dry_run", () => {
  for (const operation of operations) {
    const { properties = {} } = z.toJSONSchema(operation.input, { io: "input" })
    assert.equal("dry_run" in properties, "draft" in operation, operation.name)
    const runs = ["read", "execute"].includes(operation.effect) || operation.group === "governance"
    assert.ok(runs || "draft" in operation, operation.name)
  }
})

test("the output of an operation that changes something is all of its own, or a plan", () => {
  for (const operation of operations.filter((operation) => "draft" in operation)) {
    const { type, properties = {}, anyOf = [] } = z.toJSONSchema(operation.output)
    assert.equal(type, "object")
    assert.deepEqual(anyOf[1], { required: ["plan"] })
    const required = anyOf[0]?.required ?? []
    assert.ok(required.length > 0 && required.every((name) => name in properties), operation.name)
  }
})

test("a plan is made with the same rights and rules as the change", async (t) => {
  const kit = await openKit(t)
  const writer = await kit.join("writer", { permissions: ["services:write", "grants:write"] })
  const program = { name: "new", command: "/opt/services/new", dry_run: true }
  await assert.rejects(kit.run(writer, "register_service", program), refusal("forbidden", /services:stdio:write/))
  const own = { name: "writer", grants: {}, dry_run: true }
  await assert.rejects(kit.run(writer, "set_grants", own), refusal("forbidden", /their own grants/))
  await assert.rejects(kit.run(writer, "create_key", { principal: "writer", dry_run: true }), refusal("not_found"))
  assert.equal((await kit.plans.list({ limit: 10 })).items.length, 0)
})

test("a plan says what would change, how risky that is, and why", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", { permissions: ["govern", "services:stdio:write"] })
  const text = await kit.say(admin, "register_service", {
    name: "new",
    command: "/opt/services/new",
    dry_run: true,
  })
  assert.match(text, /^Plan \S+ \(drafted\): register_service, high risk, until 2026-11-21T01:00:00\.000Z\./)
  assert.match(text, /\ncreate service new\n {2}\+ command: "\/opt\/services\/new"\n/)
  assert.match(text, /\nhigh risk, because it starts a program on this machine/)
})

test("history is told of each change that was applied, with what was and what is", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", { permissions: ["govern"] })
  const ann = await kit.join("ann")
  await kit.run(admin, "set_grants", { name: "ann", grants: { permissions: ["observe"] } })
  await kit.run(admin, "create_key", { principal: "ann", dry_run: true })
  const [revision, ...others] = await kit.history.between(0, kit.history.head())
  assert.equal(others.length, 0)
  assert.deepEqual(
    [revision?.operation, revision?.who, revision?.atMs],
    ["set_grants", { kind: "principal", id: admin.principal.id, name: "admin" }, nowMs],
  )
  const after = await kit.principals.find(ann.principal.id)
  const [change] = revision?.changes ?? []
  assert.deepEqual(
    [change?.subject, change?.name, change?.before, change?.after],
    [
      "principal",
      "ann",
      ann.principal,
      after, // oxfmt-ignore
    ],
  )
})

test("of changes drafted at once the later sees what the earlier did", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", { permissions: ["govern"] })
  const person = { name: "eve", kind: "human" }
  const come = await Promise.allSettled([1, 2, 3].map(() => kit.run(admin, "create_principal", person)))
  assert.deepEqual(come.map(({ status }) => status).sort(), ["fulfilled", "rejected", "rejected"])
})

test("AGT-10 a change that waited for its turn is made with the rights of then, or not at all", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", { permissions: ["govern"] })
  const other = await kit.join("other", { permissions: ["govern"] })
  const [taken, late] = await Promise.allSettled([
    kit.run(admin, "set_grants", { name: "other", grants: {} }),
    kit.run(other, "create_principal", { name: "eve", kind: "human", grants: { permissions: ["govern"] } }),
  ])
  assert.equal(taken.status, "fulfilled")
  assert.ok(late.status === "rejected" && refusal("conflict", /while this waited for its turn/)(late.reason))
  assert.equal(await kit.principals.findByName("eve"), undefined)
})
