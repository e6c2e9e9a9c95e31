import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import type { GatewayError } from "../../src/errors.ts"
import { say, startService, type ScriptedService } from "../journeys/scripted-service.ts"
import { admins, openKit, refusal, type Kit } from "./operations-kit.ts"

type Held = {
  readonly total: number
  readonly digest?: string
  readonly items: readonly { readonly name: string; readonly digest: string }[]
}
type Plan = {
  readonly plan: {
    readonly notes: readonly string[]
    readonly changes: readonly { readonly diff: readonly string[] }[]
    readonly risk: { readonly class: string; readonly reasons: readonly { readonly rule: string }[] }
  }
}

const tools = [{ name: "send", description: "Sends a message.", run: () => say("sent") }]

/** A kit with a service whose one tool has changed since it was approved. */
async function changedService(t: TestContext): Promise<{ kit: Kit; service: ScriptedService }> {
  const kit = await openKit(t)
  const service = await startService({ tools })
  t.after(() => service.close())
  const admin = await kit.join("admin", admins)
  await kit.run(admin, "register_service", { name: "mail", url: service.url })
  service.tools = [{ ...tools[0], description: "Sends a message\u202e." }].map((tool) => ({
    name: "send",
    ...tool,
  }))
  await kit.run(admin, "refresh_service", { name: "mail" })
  return { kit, service }
}

test("POI-09 what is held back is shown in both texts, with what nobody sees in it written out", async (t) => {
  const { kit } = await changedService(t)
  const reader = await kit.join("reader", { permissions: ["services:read"] })
  const held = await kit.run(reader, "list_held_items", { name: "mail" })
  assert.deepEqual(held["items"], [
    {
      kind: "tools",
      name: "send",
      state: "changed",
      digest: (held["items"] as { digest: string }[])[0]?.digest,
      differences: [
        {
          member: "description",
          was: '"Sends a message."',
          now: '"Sends a message\\u202e."',
          at: 'From character 16: "." (U+002E) became "\\u202e" (U+202E).',
        },
      ],
    },
  ])
  const text = await kit.say(reader, "list_held_items", { name: "mail" })
  assert.match(
    text,
    /^1 held back, digest [0-9a-f]{64}\ntools send \(changed\)\n {2}- description: "Sends a message\."\n/,
  )
  const shown = await kit.run(reader, "get_server_details", { name: "mail" })
  assert.match(JSON.stringify(shown["pins"]), /"mode":"first_use","held":1,.*u202e/)
})

test("approve_tools approves what its digest stands for, once, and by who may write services", async (t) => {
  const { kit, service } = await changedService(t)
  const admin = await kit.join("boss", admins)
  const { digest } = (await kit.run(admin, "list_held_items", { name: "mail" })) as Held
  const operator = await kit.join("operator", { permissions: ["operate"] })
  await assert.rejects(kit.run(operator, "approve_tools", { name: "mail", digest }), refusal("not_found"))
  const other = { name: "mail", digest: "0".repeat(64) }
  await assert.rejects(kit.run(admin, "approve_tools", other), refusal("conflict", /no longer what/))

  const { plan } = (await kit.run(admin, "approve_tools", { name: "mail", digest, dry_run: true })) as Plan
  assert.deepEqual(plan.changes[0]?.diff, [
    '- tools/send description: "Sends a message."',
    '+ tools/send description: "Sends a message\\u202e."',
    '~ tools/send description: From character 16: "." (U+002E) became "\\u202e" (U+202E).',
  ])
  assert.deepEqual(
    [plan.risk.class, plan.risk.reasons.map(({ rule }) => rule)],
    ["medium", ["definitions-approved"]],
  )
  assert.match(plan.notes[0] ?? "", /^high bidi_control in tools\/send\/description: /)
  const agent = await kit.join("agent", admins, "agent")
  const asAgent = (await kit.run(agent, "approve_tools", { name: "mail", digest, dry_run: true })) as Plan
  assert.equal(asAgent.plan.risk.class, "high")

  const approved = await kit.run(admin, "approve_tools", { name: "mail", digest })
  assert.deepEqual(approved["added"], ["mail__send"])
  await assert.rejects(
    kit.run(admin, "approve_tools", { name: "mail", digest }),
    refusal("conflict", /nothing to/),
  )
  assert.equal(await kit.say(admin, "list_held_items", { name: "mail" }), "Nothing is held back.")
  assert.ok(service.seen.every(({ message }) => message.method !== "tools/call"))
})

test("some of what is held back is approved where not all of it is", async (t) => {
  const { kit, service } = await changedService(t)
  const admin = await kit.join("boss", admins)
  service.tools = [...service.tools, { name: "read" }, { name: "drop" }]
  await kit.run(admin, "refresh_service", { name: "mail" })
  const { digest, items } = (await kit.run(admin, "list_held_items", { name: "mail" })) as Held
  const [, read] = items
  assert.equal(read?.name, "read")
  const unknown = { name: "mail", digest, items: [read?.digest, "0".repeat(64)] }
  await assert.rejects(kit.run(admin, "approve_tools", unknown), refusal("invalid", /by their digests/))
  const approved = await kit.run(admin, "approve_tools", { name: "mail", digest, items: [read?.digest] })
  assert.deepEqual(approved["added"], ["mail__read"])
  const left = (await kit.run(admin, "list_held_items", { name: "mail" })) as Held
  assert.deepEqual(
    left.items.map(({ name }) => name),
    ["drop", "send"],
  )
})

test("an approval that is rolled back holds the definitions back again, and lets the old ones pass", async (t) => {
  const { kit, service } = await changedService(t)
  const admin = await kit.join("boss", admins)
  const { digest } = (await kit.run(admin, "list_held_items", { name: "mail" })) as Held
  await kit.run(admin, "approve_tools", { name: "mail", digest })
  const undo = kit.history.head()
  await kit.run(admin, "rollback", { undo })
  assert.equal((await kit.run(admin, "list_held_items", { name: "mail" }))["digest"], digest)
  await assert.rejects(kit.run(admin, "rollback", { undo }), refusal("conflict"))
  service.tools = tools
  await kit.run(admin, "refresh_service", { name: "mail" })
  assert.equal(((await kit.run(admin, "list_held_items", { name: "mail" })) as Held).total, 0)
})

test("AGT-09 a service that approves by itself is a change of high risk, and one that a program brings in never does", async (t) => {
  const { kit, service } = await changedService(t)
  const admin = await kit.join("boss", admins)
  const looser = { name: "mail", pin: "off", dry_run: true }
  const { plan } = (await kit.run(admin, "update_service", looser)) as Plan
  assert.deepEqual([plan.risk.class, plan.risk.reasons.map(({ rule }) => rule)], ["high", ["service-pin"]])
  for (const kind of ["agent", "workload"] as const) {
    const own = { name: `of-${kind}`, url: service.url }
    await registerAs(kit, await kit.join(kind, admins, kind), { admin, own })
  }
})

type Bringing = {
  readonly admin: ActivePrincipal
  readonly own: { readonly name: string; readonly url: string }
}

/** Brings in a service as a program, with the word of a person. */
async function registerAs(kit: Kit, agent: ActivePrincipal, { admin, own }: Bringing): Promise<void> {
  await assert.rejects(
    kit.run(agent, "register_service", { ...own, pin: "first_use" }),
    refusal("forbidden", /pin out/),
  )
  const asked = await kit.run(agent, "register_service", own).then(
    () => assert.fail("an agent brings in a service by itself"),
    ({ detail }: GatewayError) => ({ id: detail["plan"], digest: detail["digest"] }),
  )
  await kit.run(admin, "approve_plan", asked)
  await kit.run(agent, "apply_plan", asked)
  const shown = await kit.run(admin, "get_server_details", { name: own.name })
  assert.equal((shown["definition"] as { pin: string }).pin, "approve")
  assert.equal(((await kit.run(admin, "list_held_items", { name: own.name })) as Held).total, 1)
}

test("what a service's file keeps from being offered is approved by nobody, and held back in silence", async (t) => {
  const { kit, service } = await changedService(t)
  const admin = await kit.join("boss", admins)
  await kit.run(admin, "update_service", { name: "mail", tools: { deny: ["send"] } })
  assert.equal(((await kit.run(admin, "list_held_items", { name: "mail" })) as Held).total, 0)
  assert.deepEqual((await kit.run(admin, "list_issues", { service: "mail" }))["issues"], [])
  await kit.run(admin, "update_service", { name: "mail", tools: { deny: null } })
  assert.equal(((await kit.run(admin, "list_held_items", { name: "mail" })) as Held).items[0]?.name, "send")
  service.tools = tools
  await kit.run(admin, "refresh_service", { name: "mail" })
  assert.deepEqual((await kit.run(admin, "list_issues", { service: "mail" }))["issues"], [])
})
