/** Asking for access for a time, and who may let somebody have it. */

import assert from "node:assert/strict"
import { test } from "node:test"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import { admins, hello, nowMs, openKit, refusal, type Kit } from "./operations-kit.ts"
import { minuteMs, propose } from "./plans-kit.ts"

type Shown = {
  readonly id: string
  readonly digest: string
  readonly state: string
  readonly affects: { readonly tools: unknown }
}

const wanted = { tools: ["files__write"], reason: "to store the report", minutes: 30 }

async function ask(kit: Kit, who: ActivePrincipal, changes: object = {}, at = nowMs): Promise<Shown> {
  return ((await kit.run(who, "request_access", { ...wanted, ...changes }, { nowMs: at })) as { plan: Shown }).plan
}

async function openWorld(t: Parameters<typeof openKit>[0]): Promise<{
  kit: Kit
  boss: ActivePrincipal
  agent: ActivePrincipal
}> {
  const kit = await openKit(t)
  const boss = await kit.join("boss", { permissions: ["govern"], tools: { allow: ["files__*"] } })
  const agent = await kit.join("agent", { permissions: ["observe"], tools: { allow: ["files__read"] } }, "agent")
  return { kit, boss, agent }
}

test("AGT-09 access that was asked for is held from when it is applied, for as long as was asked, once approved", async (t) => {
  const { kit, boss, agent } = await openWorld(t)
  const { id, digest, state } = await ask(kit, agent)
  assert.equal(state, "pending")
  await assert.rejects(kit.run(agent, "apply_plan", { id }), refusal("plan_required"))
  await kit.run(boss, "approve_plan", { id, digest })
  const appliedAtMs = nowMs + 5 * minuteMs
  await kit.run(agent, "apply_plan", { id }, { nowMs: appliedAtMs })
  const [revision] = await kit.history.between(kit.history.head() - 1, kit.history.head())
  assert.deepEqual([revision?.plan, revision?.why], [id, wanted.reason])
  const { grants } = (await kit.principals.findByName("agent")) ?? {}
  assert.deepEqual(
    grants?.temporary?.map((one) => [one.tools.allow, one.expiresAtMs, one.reason]),
    [[["files__write"], appliedAtMs + 30 * minuteMs, wanted.reason]],
  )
  assert.deepEqual(grants?.tools.allow, ["files__read"])
  await assert.rejects(kit.run(agent, "apply_plan", { id }), refusal("conflict", /applied already/))
  await assert.rejects(ask(kit, agent, { minutes: 20 }, appliedAtMs), refusal("conflict", /hold all of this/))
})

test("AGT-09 nobody approves an access that they do not hold, or not for so long, or their own", async (t) => {
  const { kit, boss, agent } = await openWorld(t)
  const mail = await ask(kit, agent, { tools: ["mail__send"] })
  const approve = (who: ActivePrincipal, { id, digest }: Shown): Promise<unknown> =>
    kit.run(who, "approve_plan", { id, digest })
  await assert.rejects(approve(boss, mail), refusal("forbidden", /mail__send/))
  const postmaster = await kit.join("postmaster", {
    permissions: ["govern"],
    temporary: [{ tools: { allow: ["mail__*"] }, expiresAtMs: nowMs + 35 * minuteMs }],
  })
  await assert.rejects(approve(postmaster, mail), refusal("forbidden", /mail__send until/))
  await approve(postmaster, await ask(kit, agent, { tools: ["mail__send"], minutes: 20 }))
  const own = await ask(kit, boss, { tools: ["mail__send"] })
  await assert.rejects(approve(boss, own), refusal("forbidden", /is yours/))
  const program = await ask(kit, agent, { permissions: ["services:stdio:write"] })
  await assert.rejects(approve(boss, program), refusal("forbidden", /services:stdio:write/))
})

test("AGT-09 an approval by somebody who lost meanwhile what they let others have counts no more", async (t) => {
  const { kit, boss, agent } = await openWorld(t)
  const { id, digest } = await ask(kit, agent, { reason: "so\u001b[2J that\u202e it works" })
  const { plan } = (await kit.run(boss, "get_plan", { id })) as { plan: { notes: readonly string[] } }
  assert.match(plan.notes[0] ?? "", /because: so that it works$/)
  const shown = await kit.say(boss, "get_plan", { id })
  assert.match(shown, /"expiresAt":"\d{4}-\d\d-\d\dT[\d:.]+Z"/)
  assert.doesNotMatch(shown, /AtMs/)
  await kit.run(boss, "approve_plan", { id, digest })
  const second = await kit.join("second", admins)
  await kit.run(second, "create_key", { principal: "second" })
  await kit.run(second, "set_grants", { name: "boss", grants: { permissions: ["govern"] } })
  await assert.rejects(kit.run(agent, "apply_plan", { id }), refusal("plan_required"))
})

test("AGT-09 access waits for an approval whatever the settings say, of people too", async (t) => {
  const { kit } = await openWorld(t)
  const clerk = await kit.join("clerk", { permissions: ["observe"] })
  const governance = {
    approval: "off",
    planMs: 60 * minuteMs,
    approvalMs: minuteMs,
    plansPerPrincipal: 2,
    plans: 20,
    maxAccessMinutes: 60,
  } as const
  const run = (operation: string, input: object): Promise<Record<string, unknown>> =>
    kit.run(clerk, operation, input, { governance })
  const { plan } = (await run("request_access", wanted)) as { plan: Shown }
  await assert.rejects(run("apply_plan", { id: plan.id }), refusal("plan_required"))
  const dry = (await run("request_access", { ...wanted, minutes: 10, dry_run: true })) as { plan: Shown }
  await assert.rejects(run("apply_plan", { id: dry.plan.id }), refusal("plan_required"))
  await assert.rejects(run("request_access", { ...wanted, minutes: 61 }), refusal("invalid", /maxAccessMinutes/))
  const again = (await run("request_access", wanted)) as { plan: Shown }
  assert.equal(again.plan.id, plan.id)
  await assert.rejects(run("request_access", { ...wanted, minutes: 11 }), refusal("conflict", /plansPerPrincipal/))
})

test("AUTHZ-10 asking for what is there and for what is not comes to the same", async (t) => {
  const { kit, agent } = await openWorld(t)
  const admin = await kit.join("admin", admins)
  await kit.run(admin, "register_service", { name: "hello", ...hello })
  const asked = async (name: string): Promise<string> => {
    const plan = await ask(kit, agent, { tools: [name] })
    await kit.run(agent, "reject_plan", { id: plan.id, reason: "x" })
    return JSON.stringify({ ...plan, digest: "" })
      .replaceAll(name, "NAME")
      .replaceAll(plan.id, "ID")
  }
  assert.equal(await asked("hello__add"), await asked("hello__sub"))
  assert.equal(await asked("hello__add"), await asked("nobody__add"))
})

test("what one's own grants deny is refused, and nothing asks for nothing", async (t) => {
  const { kit } = await openWorld(t)
  const tools = { allow: ["a__*"], deny: ["files__*"] }
  const barred = await kit.join("barred", { permissions: ["observe"], tools }, "agent")
  await assert.rejects(ask(kit, barred), refusal("conflict", /deny files__write/))
  await assert.rejects(ask(kit, barred, { reason: "\u200b " }), refusal("invalid", /what it is for/))
  await assert.rejects(ask(kit, barred, { tools: [] }), refusal("invalid", /at least one/))
  await assert.rejects(ask(kit, barred, { tools: ["a__x"] }), refusal("conflict", /hold all of this/))
})

/** Made by another than the kit makes them. */
async function made(kit: Kit, name: string, by: ActivePrincipal, grants: object): Promise<ActivePrincipal> {
  const { principal, may } = await kit.join(name, grants, "agent")
  const { version, ...rest } = principal
  return { principal: await kit.principals.replace({ ...rest, createdBy: by.principal.id }, version), may }
}

test("AGT-13 no program approves through an identity or a key that it made", async (t) => {
  const kit = await openKit(t)
  const maker = await kit.join("maker", admins, "agent")
  const child = await made(kit, "child", maker, admins)
  const grandchild = await made(kit, "grandchild", child, admins)
  const boss = await kit.join("boss", admins)
  const key = await kit.keys.insert({
    id: "by-maker",
    principalId: boss.principal.id,
    hash: "$argon2id$x",
    label: "",
    createdAtMs: 0,
    createdBy: maker.principal.id,
  })
  const plan = await propose({ kit, agent: maker, boss })
  for (const second of [child, grandchild, { ...boss, keyId: key.id }])
    await assert.rejects(kit.run(second, "approve_plan", plan), refusal("forbidden", /maker made you or your key/))
  await kit.run(boss, "approve_plan", plan)
})

test("AGT-13 no program approves once the one that stood between it and its maker was removed", async (t) => {
  const kit = await openKit(t)
  const maker = await kit.join("maker", admins, "agent")
  const between = await made(kit, "between", maker, admins)
  const child = await made(kit, "child", between, admins)
  const boss = await kit.join("boss", admins)
  const plan = await propose({ kit, agent: maker, boss })
  await kit.run(boss, "remove_principal", { name: "between" })
  await assert.rejects(kit.run(child, "approve_plan", plan), refusal("forbidden", /is gone/))
  await kit.run(boss, "approve_plan", plan)
})

test("AGT-13 no program approves for an identity that it made; people do", async (t) => {
  const kit = await openKit(t)
  for (const kind of ["agent", "human"] as const) {
    const maker = await kit.join(`maker-${kind}`, admins, kind)
    const asker = await made(kit, `asker-${kind}`, maker, { permissions: ["observe"] })
    const plan = await ask(kit, asker, { tools: ["a"] })
    const approved = kit.run(maker, "approve_plan", { id: plan.id, digest: plan.digest })
    if (kind === "human") await approved
    else await assert.rejects(approved, refusal("forbidden", /made you or your key, and is, or made/))
  }
})

test("AGT-12 who received results of a service that is not trusted needs an approval, and gives none", async (t) => {
  const kit = await openKit(t)
  const [ann, bob] = [await kit.join("ann", admins, "agent"), await kit.join("bob", admins, "agent")]
  await kit.join("cid")
  const tainted = { taint: () => ({ service: "web", callsAgo: 2 }) }
  const quota = { subject: "principal:bob", target: "everything", limit: 5, window: "day" }
  await kit.run(ann, "set_quota", quota)
  await assert.rejects(
    kit.run(ann, "set_quota", { ...quota, limit: 4 }, tainted),
    refusal("plan_required", /what web wants.*2 calls ago/),
  )
  const plan = await propose({ kit, agent: ann, boss: bob }, "create_key", { principal: "cid" })
  await assert.rejects(kit.run(bob, "approve_plan", plan, tainted), refusal("forbidden", /results of web/))
})
