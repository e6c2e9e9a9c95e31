import assert from "node:assert/strict"
import { test } from "node:test"
import type { PastUse, Usage } from "../../src/domain/usage.ts"
import { compileQuotas } from "../../src/domain/quota/compiled-quotas.ts"
import { maxPageLength } from "../../src/domain/collection.ts"
import { admins, all, nowMs, openKit, refusal, type Kit } from "./operations-kit.ts"

type Row = { readonly id: string; readonly [member: string]: unknown }
type Set = { readonly quota: Row; readonly created: boolean }
type Listed = { readonly quotas: readonly Row[]; readonly nextCursor?: string }

const anns = { subject: "principal:ann", target: "everything", limit: 37, window: "hour" }

async function openQuotas(t: Parameters<typeof openKit>[0]) {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const ann = await kit.join("ann", { permissions: ["observe"], tools: all })
  const set = async (input: object, actor = admin) => (await kit.run(actor, "set_quota", input)) as Set
  const list = async (actor = admin, input = {}) => (await kit.run(actor, "list_quotas", input)) as Listed
  return { kit, admin, ann, set, list }
}

/** Counts as the calls of a principal would. */
async function use(kit: Kit, principalId: string, amount: number): Promise<void> {
  const quotas = compileQuotas((await kit.quotas.list({ limit: maxPageLength })).items)
  const applied = quotas.find({ principalId, service: "files", canonicalName: "files__read" })
  await kit.counters.add(
    applied.map(({ key, rule }) => ({ key, rule, amount })),
    nowMs,
  )
}

test("a quota is set with what was left out filled in, and shown with what is used of it", async (t) => {
  const { kit, ann, set, list } = await openQuotas(t)
  const { quota, created } = await set(anns)
  const { id, ...facts } = quota
  assert.ok(created)
  assert.deepEqual(facts, {
    name: undefined,
    subject: "principal:ann",
    target: "everything",
    limit: 37,
    unit: "calls",
    window: "hour",
    algorithm: "fixed_window",
    align: "calendar",
    time_zone: "UTC",
    alert_at: [80, 100],
    action: "refuse",
    contact: "admin",
    used: 0,
    left: 37,
    usedBy: undefined,
    resetsAt: "2026-11-21T01:00:00.000Z",
    createdAt: "2026-11-21T00:00:00.000Z",
    changedAt: "2026-11-21T00:00:00.000Z",
  })
  await use(kit, ann.principal.id, 7)
  const [row] = (await list()).quotas
  assert.deepEqual([row?.id, row?.["used"], row?.["left"]], [id, 7, 30])
  assert.ok(kit.published.includes("quotas"))
})

test("a quota is changed by its id, or by what it limits, and keeps what it has counted and what was left out", async (t) => {
  const { kit, ann, set, list } = await openQuotas(t)
  const { quota } = await set({ ...anns, name: "hourly", contact: "ops@example.com", alert_at: [90, 50, 90] })
  await use(kit, ann.principal.id, 5)
  const lowered = await set({ ...anns, limit: 3 })
  assert.deepEqual(
    ["id", "name", "contact", "alert_at", "limit", "used", "left"].map((member) => lowered.quota[member]),
    [quota.id, "hourly", "ops@example.com", [50, 90], 3, 5, 0],
  )
  assert.equal(lowered.created, false)
  const named = await set({ ...anns, id: quota.id, limit: 50, target: "service:files", action: "warn" })
  assert.deepEqual(
    [named.quota.id, named.quota["target"], named.quota["action"]],
    [quota.id, "service:files", "warn"],
  )
  const other = await set(anns)
  assert.notEqual(other.quota.id, quota.id)
  await assert.rejects(set({ ...anns, id: quota.id }), refusal("conflict", new RegExp(other.quota.id)))
  assert.equal((await list()).quotas.length, 2)
})

test("a quota that counts something else from now on counts it from the record first", async (t) => {
  const { kit, admin, ann, set } = await openQuotas(t)
  const { quota } = await set(anns)
  const past: PastUse = {
    timeMs: nowMs + 1_000,
    principalId: ann.principal.id,
    keyId: "",
    team: "",
    service: "files",
    tool: "files__read",
    calls: 4,
    bytes: 0,
    computeMs: 0,
    costMicroUsd: 0,
  }
  const usage: Pick<Usage, "past"> = {
    past: async function* () {
      yield past
    },
  }
  const later = { nowMs: nowMs + 60_000, usage: usage as Usage }
  const changed = { ...anns, id: quota.id, algorithm: "sliding_window", window: "2 hours" }
  const { quota: row } = (await kit.run(admin, "set_quota", changed, later)) as Set
  assert.deepEqual([row["used"], row["align"], row["window"]], [4, "rolling", "2 hours"])
})

test("each subject, target, unit and window can be set, and wrong ones are refused with what would be right", async (t) => {
  const { kit, admin, set, list } = await openQuotas(t)
  await kit.run(admin, "create_key", { principal: "ann" })
  const keyId = (await kit.keys.list({ limit: 1 })).items[0]?.id ?? ""
  for (const changes of [
    { subject: `key:${keyId}` },
    { subject: "team:red", target: "tool:files__*" },
    { subject: "everyone", unit: "cost_usd", limit: 2.5, window: "month", time_zone: "Europe/Berlin" },
    { subject: "each_principal", unit: "bytes", window: "15 minutes", align: "rolling" },
    { algorithm: "token_bucket", unit: "compute_ms", window: "week" },
    { limit: 0 },
  ])
    await set({ ...anns, ...changes })
  assert.equal((await list()).quotas.length, 6)
  for (const [changes, message] of [
    [{ subject: "ann" }, /principal:NAME/],
    [{ subject: "team:no spaces" }, /team/],
    [{ target: "files" }, /service:NAME/],
    [{ window: "fortnight" }, /15 minutes/],
    [{ window: "90 hours" }, /give it in days/],
    [{ window: "13 months" }, /366 days/],
    [{ time_zone: "Mars/Olympus" }, /time zone/],
    [{ limit: 1.5 }, /whole number/],
    [{ limit: -1 }, /limit/],
    [{ limit: 1e18 }, /at most/],
    [{ algorithm: "sliding_window", align: "calendar" }, /only a fixed_window/],
    [{ alert_at: [0] }, /alert_at/],
    [{ name: "a\u0000b" }, /plain text/],
  ] as const)
    await assert.rejects(set({ ...anns, ...changes }), refusal("invalid", message))
  await assert.rejects(set({ ...anns, subject: "principal:nobody" }), refusal("not_found"))
  await assert.rejects(set({ ...anns, subject: "key:none" }), refusal("not_found"))
  await assert.rejects(set({ ...anns, id: "none" }), refusal("not_found"))
  assert.equal((await list()).quotas.length, 6)
})

test("nobody sets, changes or removes a quota of their own, by name, key or team", async (t) => {
  const { kit, admin, ann, set } = await openQuotas(t)
  await kit.run(admin, "create_principal", { name: "lead", kind: "human", team: "red", grants: admins })
  const lead = await kit.principals.findByName("lead")
  assert.ok(lead)
  const actor = { ...admin, principal: lead }
  await kit.run(admin, "create_key", { principal: "lead" })
  const keyId = (await kit.keys.list({ limit: 1 })).items[0]?.id ?? ""
  for (const subject of ["principal:lead", `key:${keyId}`, "team:red"]) {
    await assert.rejects(set({ ...anns, subject }, actor), refusal("forbidden", /of their own/))
    const { quota } = await set({ ...anns, subject })
    await assert.rejects(set({ ...anns, subject, limit: 1 }, actor), refusal("forbidden"))
    await assert.rejects(set({ ...anns, id: quota.id }, actor), refusal("forbidden"))
    await assert.rejects(kit.run(actor, "remove_quota", { id: quota.id }), refusal("forbidden"))
  }
  await assert.rejects(set(anns, ann), refusal("not_found"))
})

test("a quota over everyone names nobody, so whoever may set quotas may loosen or remove it", async (t) => {
  const { kit, admin, set, list } = await openQuotas(t)
  for (const subject of ["everyone", "each_principal"]) {
    const { quota } = await set({ ...anns, subject })
    assert.equal((await set({ ...anns, subject, limit: 100 })).quota["limit"], 100)
    await kit.run(admin, "remove_quota", { id: quota.id })
  }
  assert.deepEqual((await list()).quotas, [])
})

test("who may not read quotas sees those that cover themselves, each with their own use", async (t) => {
  const { kit, admin, ann, set, list } = await openQuotas(t)
  const bob = await kit.join("bob", { permissions: ["observe"], tools: all })
  await set(anns)
  await set({ ...anns, subject: "principal:bob" })
  await set({ ...anns, subject: "everyone", limit: 100 })
  await set({ ...anns, subject: "each_principal", limit: 10 })
  await use(kit, ann.principal.id, 3)
  await use(kit, bob.principal.id, 5)
  const shown = ({ quotas }: Listed) =>
    quotas.map(({ subject, used }) => `${String(subject)} ${String(used)}`).sort()
  assert.deepEqual(shown(await list(ann)), ["each_principal 3", "everyone 8", "principal:ann 3"])
  assert.deepEqual(shown(await list(bob, { principal: "bob" })), [
    "each_principal 5",
    "everyone 8",
    "principal:bob 5",
  ])
  await assert.rejects(list(ann, { principal: "bob" }), refusal("forbidden", /quotas:read/))
  assert.deepEqual(shown(await list(admin, { principal: "ann" })), shown(await list(ann)))
  assert.equal((await list(admin)).quotas.length, 4)
  await assert.rejects(list(admin, { principal: "nobody" }), refusal("not_found"))
  const each = (await list(ann)).quotas.find(({ subject }) => subject === "each_principal")
  assert.equal(each?.["usedBy"], "ann")
})

test("quotas come in pages, and a removed one counts from nothing when it is set again", async (t) => {
  const { kit, admin, ann, set, list } = await openQuotas(t)
  for (const window of ["second", "minute", "hour"]) await set({ ...anns, window })
  const first = await list(admin, { limit: 2 })
  const second = await list(admin, { limit: 2, cursor: first.nextCursor })
  assert.deepEqual([first.quotas.length, second.quotas.length, second.nextCursor], [2, 1, undefined])
  await use(kit, ann.principal.id, 9)
  const { quotas } = await list(ann)
  for (const { id } of quotas) await kit.run(admin, "remove_quota", { id })
  await assert.rejects(kit.run(admin, "remove_quota", { id: quotas[0]?.id }), refusal("not_found"))
  assert.deepEqual(await list(), { quotas: [], nextCursor: undefined })
  assert.equal((await set(anns)).quota["used"], 0)
})

test("quotas are said in words", async (t) => {
  const { kit, admin } = await openQuotas(t)
  assert.equal(await kit.say(admin, "list_quotas"), "No quotas.")
  const said = await kit.say(admin, "set_quota", anns)
  assert.match(
    said,
    /^Set: principal:ann may use 37 calls per hour \(fixed_window\) on everything\. Its id is \S+\.$/,
  )
  assert.match(
    await kit.say(admin, "set_quota", { ...anns, action: "warn" }),
    /^Changed: .* is warned about above 37/,
  )
  assert.match(await kit.say(admin, "list_quotas"), /principal:ann +everything +0 of 37 calls per hour/)
  const [quota] = (await kit.quotas.list({ limit: 1 })).items
  assert.equal(
    await kit.say(admin, "remove_quota", { id: quota?.id }),
    "Removed: 37 calls per hour for principal:ann on everything.",
  )
})

test("a team is given with a principal, and shown to others and to itself", async (t) => {
  const { kit, admin } = await openQuotas(t)
  const made = await kit.run(admin, "create_principal", { name: "bot", kind: "agent", team: "red" })
  assert.equal((made["principal"] as Row)["team"], "red")
  await assert.rejects(
    kit.run(admin, "create_principal", { name: "b", kind: "agent", team: "a b" }),
    refusal("invalid"),
  )
  const { principals } = await kit.run(admin, "list_principals")
  const rows = principals as readonly Row[]
  assert.deepEqual(
    rows.map(({ name, team }) => [name, team]),
    [
      ["admin", undefined],
      ["ann", undefined],
      ["bot", "red"],
    ],
  )
  const bot = await kit.principals.findByName("bot")
  assert.ok(bot)
  const observer = await kit.join("observer", { permissions: ["observe"] })
  const me = { ...observer, principal: { ...observer.principal, id: "gone", team: "red" } }
  assert.equal((await kit.run(me, "whoami"))["team"], "red")
})
