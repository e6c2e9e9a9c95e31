/** config_history and config_diff: what is on record of each kind of change, and who sees it. Taking it back: rollback.test.ts. */

import assert from "node:assert/strict"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { admins, openKit, refusal, type Kit } from "./operations-kit.ts"
import { eventually } from "../journeys/eventually.ts"
import { nowhere, raws } from "./history-kit.ts"

type Row = {
  readonly number: number
  readonly who: string
  readonly operation?: string
  readonly why?: string
  readonly outcome: string
  readonly changes: readonly {
    readonly subject: string
    readonly name: string
    readonly effect: string
    readonly diff: readonly string[]
  }[]
  readonly withheld: number
}

type Actor = Awaited<ReturnType<Kit["join"]>>

async function history(kit: Kit, actor: Actor, input: object = {}): Promise<readonly Row[]> {
  return (await kit.run(actor, "config_history", input))["revisions"] as readonly Row[]
}

test("each change of a service is a revision, without its secrets, and is taken back", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", admins)
  const headers = { Authorization: "Bearer canary-one" }
  await kit.run(boss, "register_service", { name: "web", ...nowhere, headers })
  await kit.run(boss, "update_service", {
    name: "web",
    headers: { Authorization: "Bearer canary-two" },
    title: "Web",
  })
  await kit.run(boss, "toggle_service", { name: "web", enabled: true })
  await kit.run(boss, "remove_service", { name: "web" })
  const rows = await history(kit, boss)
  assert.deepEqual(
    rows.map(({ number, who, operation, outcome, changes }) => [
      number,
      who,
      operation,
      outcome,
      changes[0]?.effect,
    ]),
    [
      [4, "boss", "remove_service", "applied", "remove"],
      [3, "boss", "toggle_service", "applied", "update"],
      [2, "boss", "update_service", "applied", "update"],
      [1, "boss", "register_service", "applied", "create"],
    ],
  )
  assert.deepEqual(rows[2]?.changes[0]?.diff, [
    '- headers.Authorization: "***"',
    '+ headers.Authorization: "***"',
    "+ title: \"Web\"", // oxfmt-ignore
  ])
  assert.doesNotMatch(JSON.stringify(rows), /canary/)

  await kit.run(boss, "rollback", { undo: 4 })
  assert.equal((await history(kit, boss))[0]?.why, "revision 4 undone")
  assert.deepEqual(raws(kit)["web"], {
    ...nowhere,
    enabled: true,
    headers: { Authorization: "Bearer canary-two" },
    title: "Web",
  })
  await kit.run(boss, "rollback", { undo: 5 })
  assert.deepEqual(raws(kit), {})
  await kit.run(boss, "rollback", { to: 1 })
  assert.deepEqual(raws(kit)["web"], { ...nowhere, headers })
  await kit.run(boss, "rollback", { to: 0 })
  assert.deepEqual(raws(kit), {})
  assert.equal((await kit.run(boss, "rollback", { to: 0 }))["revision"], undefined)
})

test("SEC-01 hashes of keys and passwords are not in the history, not even sealed", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", admins)
  await kit.run(boss, "create_principal", { name: "eve", kind: "human", password: "a long pass phrase 1" })
  await kit.run(boss, "create_key", { principal: "eve" })
  const whole = JSON.stringify(await kit.history.between(0, kit.history.head()))
  assert.doesNotMatch(whole, /argon2id/)
  assert.match(whole, /eve/)
})

test("a reader sees of a revision what it may see of the state", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", admins)
  await kit.run(boss, "create_principal", { name: "hidden-person", kind: "human" })
  await kit.run(boss, "register_service", { name: "web", ...nowhere })
  const agent = await kit.join("agent", { permissions: ["configure"] })
  const rows = await history(kit, agent)
  assert.deepEqual(rows.map(({ changes, withheld }) => [changes.length, withheld]), [[1, 0], [0, 1]]) // oxfmt-ignore
  const diff = await kit.run(agent, "config_diff", { from: 0 })
  assert.doesNotMatch(JSON.stringify([rows, diff]), /hidden-person/)
  assert.equal(diff["withheld"], 1)
  assert.match(JSON.stringify(await kit.run(boss, "config_diff", { from: 0 })), /hidden-person/)
})

test("two revisions are compared by services and state, with secrets that changed told as such", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", admins)
  const env = { KEY: "canary-one", SAME: "canary-same" }
  const script = { command: process.execPath, args: ["/opt/service.mjs"], enabled: false }
  await kit.run(boss, "register_service", { name: "program", ...script, env })
  await kit.run(boss, "update_service", { name: "program", env: { ...env, KEY: "canary-two" } })
  await kit.run(boss, "register_service", { name: "short", ...nowhere })
  await kit.run(boss, "remove_service", { name: "short" })
  const { diff, changes } = (await kit.run(boss, "config_diff", { from: 1 })) as {
    diff: string
    changes: readonly object[]
  }
  assert.deepEqual(
    diff.split("\n").filter((line) => /^[-+]/.test(line)),
    [
      "--- a/servers.d/program.json",
      "+++ b/servers.d/program.json",
      '-    "KEY": "***",',
      '+    "KEY": "*** (changed)",',
    ],
  )
  assert.equal(changes.length, 1)
  assert.doesNotMatch(diff, /canary/)
  assert.match(await kit.say(boss, "config_diff", { from: 1 }), /\*\*\* \(changed\)/)
  assert.match(await kit.say(boss, "config_diff", { from: 3, to: 4 }), /deleted file/)
  await assert.rejects(kit.run(boss, "config_diff", { from: 3, to: 1 }), refusal("invalid"))
  await assert.rejects(kit.run(boss, "config_diff", { from: 3, to: 9 }), refusal("not_found"))
})

test("files edited by hand are revisions, are told from the gateway's own, and are taken back", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", admins)
  const path = join(kit.folder, "servers.d", "web.json")
  await kit.run(boss, "register_service", { name: "web", ...nowhere })
  writeFileSync(path, JSON.stringify({ ...nowhere, title: "By hand" }))
  await eventually("the edit is a revision", () => kit.history.head() === 2)
  const [edit] = await history(kit, boss)
  assert.deepEqual(
    [edit?.who, edit?.operation, edit?.changes[0]?.diff],
    ["file", undefined, ['+ title: "By hand"']],
  )
  await kit.run(boss, "rollback", { undo: 2 })
  assert.deepEqual(raws(kit)["web"], nowhere)
  rmSync(path)
  await eventually("the removal is a revision", () => kit.history.head() === 4)
  await kit.run(boss, "rollback", { undo: 4 })
  assert.deepEqual(raws(kit)["web"], nowhere)
  assert.deepEqual(
    (await history(kit, boss)).map(({ who }) => who),
    ["boss", "file", "boss", "file", "boss"],
  )
})

test("history is asked by service, by principal and in pages", async (t) => {
  const kit = await openKit(t)
  const boss = await kit.join("boss", admins)
  const other = await kit.join("other", admins)
  for (const name of ["one", "two", "three"]) await kit.run(boss, "register_service", { name, ...nowhere })
  await kit.run(other, "update_service", { name: "two", title: "Two" })
  const numbers = async (input: object): Promise<readonly number[]> =>
    (await history(kit, boss, input)).map(({ number }) => number)
  assert.deepEqual(await numbers({ service: "two" }), [4, 2])
  assert.deepEqual(await numbers({ principal: "other" }), [4])
  assert.deepEqual(await numbers({ to: "-1m" }), [])
  const { nextCursor: cursor } = await kit.run(boss, "config_history", { limit: 3 })
  assert.deepEqual(await numbers({ cursor, limit: 3 }), [1])
  await assert.rejects(kit.run(boss, "config_history", { cursor: "eA" }), refusal("invalid", /cursor/))
  assert.match(await kit.say(boss, "config_history", { limit: 1 }), /^4 .* other {2}update_service/)
})
