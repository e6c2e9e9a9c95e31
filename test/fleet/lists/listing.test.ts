import assert from "node:assert/strict"
import { readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { callTool, openFleet, program, toolNames, until } from "../fleet-kit.ts"
import { makeFolder } from "../../support/folder.ts"

const wayward = program("test/fleet/wayward-service.ts")

test("DS-16 a tool with a bad schema is left out with a reason, and the others stay", async (t) => {
  const { fleet } = await openFleet(t, { way: wayward })
  await fleet.settled()
  const names = toolNames(fleet, "way")
  assert.deepEqual(names, [
    "pid",
    "crash",
    "hang",
    "progress",
    "record",
    "die_once",
    "grow",
    "touch",
    "subscribed",
    "deafen",
  ])
  const reasons = fleet.issues().map(({ subject, message }) => `${subject}: ${message.slice(0, 50)}`)
  assert.deepEqual(reasons, [
    "tools[12]: Left out: it is no object, repeats a member, or is",
    "crooked: Left out: inputSchema is no valid JSON Schema: /pr",
    'rootless: Left out: inputSchema must have "type": "object" a',
    "pid: Left out: the name pid is taken by pid.",
  ])
})

test("what a service lists is kept digit by digit", async (t) => {
  const { fleet } = await openFleet(t, { way: wayward })
  await fleet.settled()
  const pid = fleet.offers()[0]?.items.tools[0]
  assert.equal(pid?.definition.get("exact")?.toString(), "12345678901234567890")
})

test("a service that does not list costs the others nothing", async (t) => {
  const limits = { listMs: 1_000 }
  const services = { way: wayward, stuck: program("test/fleet/wayward-service.ts", "hanging") }
  const { fleet } = await openFleet(t, services, { limits })
  const began = performance.now()
  await fleet.settled()
  assert.ok(performance.now() - began < 5_000)
  await until("the good one is listed", () => toolNames(fleet, "way").length > 0)
  await until("the other has an issue", () => fleet.issues().some(({ service }) => service === "stuck"))
  assert.deepEqual(toolNames(fleet, "stuck"), [])
})

test("the rules of its file decide what of a service is shown, and how", async (t) => {
  const tools = {
    allow: ["p*", "hang"],
    deny: ["progress"],
    rename: { pid: "process" },
    describe: { hang: "Waits" },
  }
  const { fleet } = await openFleet(t, { way: { ...wayward, tools } })
  await fleet.settled()
  const offered = fleet
    .offers()[0]
    ?.items.tools.map(({ name, shownName, definition }) => [
      name,
      shownName,
      definition.get("description")?.toString(),
    ])
  assert.deepEqual(offered, [
    ["pid", "process", undefined],
    ["hang", "hang", '"Waits"'],
  ])
})

test("a change of the lists is heard, once for many announcements", async (t) => {
  const { fleet, changes } = await openFleet(t, { way: { ...wayward, pin: "off" } })
  await fleet.settled()
  const before = changes.filter((change) => change === "catalog way").length
  await callTool(fleet, "way", "grow", { name: "fresh" })
  await until("the new tool is offered", () => toolNames(fleet, "way").includes("fresh"))
  assert.equal(changes.filter((change) => change === "catalog way").length, before + 1)
})

test("a service that is down is listed as it was last known", async (t) => {
  const folder = makeFolder()
  // A script of its own, which can be gone the next time.
  const script = join(folder, "service.ts")
  await writeFile(script, await readFile(join(import.meta.dirname, "../wayward-service.ts")))
  const first = await openFleet(t, { way: { command: process.execPath, args: [script] } }, { folder })
  await first.fleet.settled()
  const names = toolNames(first.fleet, "way")
  await until("the lists are kept", async () =>
    (await readFile(join(folder, "lists/way.json"), "utf8").catch(() => "")).includes("pid"),
  )
  await first.fleet.stop(0)
  await first.files.close()
  await rm(script)
  const { fleet } = await openFleet(t, {}, { folder })
  await fleet.settled()
  assert.deepEqual(toolNames(fleet, "way"), names)
  assert.deepEqual([fleet.status()[0]?.state, fleet.status()[0]?.stale], ["down", true])
  const pid = fleet.offers()[0]?.items.tools[0]
  assert.equal(pid?.definition.get("exact")?.toString(), "12345678901234567890")
})

test("two services that hide each other's names are told of", async (t) => {
  const { fleet } = await openFleet(t, { one: { ...wayward, prefix: false }, two: { ...wayward, prefix: false } })
  await fleet.settled()
  const hidden = fleet.issues().filter(({ message }) => message.startsWith("Hidden"))
  assert.ok(hidden.length > 0)
  assert.ok(hidden.every(({ service, message }) => service === "two" && message.includes("from one")))
})
