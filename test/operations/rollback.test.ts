/** rollback: what it brings back, what it does not, and for whom. What is on record: history.test.ts. */

import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { eventually } from "../journeys/eventually.ts"
import { admins, openKit, refusal } from "./operations-kit.ts"
import { nowhere, raws } from "./history-kit.ts"

test("what later revisions touched again is not undone by itself, and they are named", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", admins)
  await kit.run(boss, "register_service", { name: "one", ...nowhere })
  await kit.run(boss, "register_service", { name: "two", ...nowhere })
  await kit.run(boss, "update_service", { name: "one", title: "One" })
  await assert.rejects(
    kit.run(boss, "rollback", { undo: 1 }),
    refusal("conflict", /revisions 3 changed the same things/),
  )
  await kit.run(boss, "rollback", { undo: 2 })
  assert.deepEqual(Object.keys(raws(kit)), ["one"])
  await assert.rejects(kit.run(boss, "rollback", { undo: 2 }), refusal("conflict", /revisions 4 changed/))
  await assert.rejects(kit.run(boss, "rollback", { undo: 99 }), refusal("not_found"))
  await assert.rejects(kit.run(boss, "rollback", { to: 99 }), refusal("not_found"))
  await assert.rejects(kit.run(boss, "rollback", {}), refusal("invalid", /either undo or to/))
  await assert.rejects(kit.run(boss, "rollback", { undo: 1, to: 0 }), refusal("invalid", /either undo or to/))
})

test("AGT-10 grants, principals and keys are taken back, but nobody who was kept out comes back in", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", admins)
  const grants = { permissions: ["observe"] }
  await kit.run(boss, "create_principal", { name: "ann", kind: "agent", grants })
  await kit.run(boss, "set_grants", { name: "ann", grants: { permissions: ["configure"] } })
  const { id } = (await kit.run(boss, "create_key", { principal: "ann" })) as { id: string }
  await kit.run(boss, "rollback", { undo: 2 })
  assert.deepEqual((await kit.principals.findByName("ann"))?.grants.permissions, ["observe"])
  const { notes } = (await kit.run(boss, "rollback", { undo: 3 })) as { notes: readonly string[] }
  assert.match(notes[0] ?? "", /revoked for good/)
  assert.ok((await kit.keys.find(id))?.revokedAtMs !== undefined)
  await assert.rejects(kit.run(boss, "rollback", { undo: 5 }), refusal("conflict", /does not come back as it was/))
  await kit.run(boss, "rollback", { to: 0 })
  const ann = await kit.principals.findByName("ann")
  assert.equal(ann?.disabled, true)
  assert.ok((await kit.keys.find(id))?.revokedAtMs !== undefined)
})

test("quotas are taken back under the rules by which they are set", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", admins)
  await kit.join("ann")
  const quota = { subject: "principal:ann", target: "everything", window: "hour" }
  await kit.run(boss, "set_quota", { ...quota, limit: 5 })
  await kit.run(boss, "set_quota", { ...quota, limit: 50 })
  const limits = async (): Promise<readonly number[]> =>
    (await kit.quotas.list({ limit: 10 })).items.map(({ limit }) => limit)
  await kit.run(boss, "rollback", { undo: 2 })
  assert.deepEqual(await limits(), [5])
  const id = (await kit.quotas.list({ limit: 1 })).items[0]?.id ?? ""
  await kit.run(boss, "remove_quota", { id })
  await kit.run(boss, "rollback", { undo: 4 })
  assert.deepEqual(await limits(), [5])
  await kit.run(boss, "rollback", { to: 0 })
  assert.deepEqual(await limits(), [])
  await kit.run(boss, "set_quota", { ...quota, limit: 5 })
  const ann = await kit.principals.findByName("ann")
  assert.ok(ann)
  await kit.run(boss, "set_grants", { name: "ann", grants: { permissions: ["govern"] } })
  const own = { principal: ann, may: boss.may }
  await assert.rejects(kit.run(own, "rollback", { undo: 7 }), refusal("forbidden", /quota of their own/))
})

test("AGT-09 AGT-10 nobody takes back into more than they may", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", admins)
  await kit.join("other", admins)
  const script = { command: process.execPath, args: ["/opt/service.mjs"], enabled: false }
  await kit.run(boss, "register_service", { name: "program", ...script })
  await kit.run(boss, "remove_service", { name: "program" })
  await kit.run(boss, "register_service", { name: "web", ...nowhere })
  await kit.run(boss, "toggle_service", { name: "web", enabled: true })
  const agent = await kit.join("agent", { permissions: ["configure"] })
  await kit.run(boss, "set_grants", { name: "other", grants: { permissions: ["observe"] } })
  await assert.rejects(kit.run(agent, "rollback", { undo: 2 }), refusal("forbidden", /services:stdio:write/))
  await assert.rejects(kit.run(agent, "rollback", { undo: 5 }), refusal("forbidden"))
  await assert.rejects(kit.run(agent, "rollback", { to: 0 }), refusal("forbidden"))
  const reader = await kit.join("reader", { permissions: ["history:read"] })
  await assert.rejects(kit.run(reader, "rollback", { undo: 4 }), refusal("forbidden", /services:operate/))
  const operator = await kit.join("operator", { permissions: ["operate", "history:read"] })
  await assert.rejects(kit.run(operator, "rollback", { undo: 3 }), refusal("conflict"))
  await kit.run(operator, "rollback", { undo: 4 })
  const nobody = await kit.join("nobody", { permissions: ["operate"] })
  for (const name of ["config_history", "config_diff", "rollback"])
    await assert.rejects(kit.run(nobody, name, {}), refusal("not_found", /Unknown operation/))
  assert.equal(kit.history.head(), 6)
})

test("AGT-10 nobody brings back grants of their own", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", admins)
  const second = await kit.join("second", admins)
  await kit.run(boss, "set_grants", { name: "second", grants: { permissions: ["govern"] } })
  await assert.rejects(kit.run(second, "rollback", { undo: 1 }), refusal("forbidden", /themselves/))
  await kit.run(boss, "rollback", { undo: 1 })
  assert.deepEqual((await kit.principals.findByName("second"))?.grants.permissions, admins.permissions)
})

test("changes that together take the last who governs away are not taken back to", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", admins)
  const two = [await kit.join("gov-a"), await kit.join("gov-b")]
  for (const { principal } of two) {
    await kit.run(boss, "set_grants", { name: principal.name, grants: { permissions: ["govern"] } })
    await kit.run(boss, "create_key", { principal: principal.name })
  }
  await assert.rejects(kit.run(boss, "rollback", { to: 0 }), refusal("conflict", /Nobody could govern/))
})

test("a rollback is planned like any other change, and a plan changes nothing", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", admins)
  await kit.run(boss, "register_service", { name: "web", ...nowhere })
  const { plan } = (await kit.run(boss, "rollback", { undo: 1, dry_run: true })) as {
    plan: { operation: string; risk: { class: string }; changes: readonly { effect: string }[] }
  }
  assert.deepEqual([plan.operation, plan.risk.class, plan.changes[0]?.effect], ["rollback", "high", "remove"])
  assert.deepEqual([Object.keys(raws(kit)), kit.history.head()], [["web"], 1])
})

test("AGT-04 a program that no agent could register is not brought back by one either, but by a person", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", admins)
  const path = join(kit.folder, "servers.d", "shell.json")
  writeFileSync(path, JSON.stringify({ command: "/bin/bash", args: ["-c", "id"], enabled: false }), {
    mode: 0o600,
  })
  await eventually("it is found", () => kit.history.head() === 1)
  await kit.run(boss, "remove_service", { name: "shell" })
  for (const kind of ["agent", "workload"] as const) {
    const other = await kit.join(kind, admins, kind)
    for (const input of [{ undo: 2 }, { to: 1 }, { to: 1, dry_run: true }])
      await assert.rejects(kit.run(other, "rollback", input), refusal("invalid"))
  }
  assert.deepEqual([raws(kit), kit.history.head()], [{}, 2])
  await kit.run(boss, "rollback", { undo: 2 })
  assert.deepEqual(Object.keys(raws(kit)), ["shell"])
})
