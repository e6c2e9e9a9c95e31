import assert from "node:assert/strict"
import { test } from "node:test"
import { start, urlIn } from "../support/process.ts"
import { callTool, inline, openFleet, program, textOf, toolNames, until } from "./fleet-kit.ts"

test("services of both eras and of the old SDK are listed and called", async (t) => {
  const { fleet } = await openFleet(t, {
    hello: program("examples/hello-server/server.ts"),
    legacy: program("test/fixtures/legacy/stdio.ts"),
    modern: program("test/fixtures/modern/stdio.ts"),
    everything: program("node_modules/@modelcontextprotocol/server-everything/dist/index.js", "stdio"),
  })
  await fleet.settled()
  const shown = fleet.status().map(({ name, state, era, transport }) => [name, state, era, transport])
  assert.deepEqual(shown, [
    ["everything", "up", "legacy", "stdio"],
    ["hello", "up", "modern", "stdio"],
    ["legacy", "up", "legacy", "stdio"],
    ["modern", "up", "modern", "stdio"],
  ])
  assert.deepEqual(toolNames(fleet, "hello"), ["greet", "add", "countdown"])
  assert.ok(toolNames(fleet, "everything").includes("echo"))
  assert.equal(textOf(await callTool(fleet, "hello", "greet", { name: "Ann" })), "Hello, Ann!")
  assert.match(textOf(await callTool(fleet, "everything", "echo", { message: "hi" })), /hi/)
  assert.deepEqual(fleet.issues(), [])
  assert.equal(fleet.status().find(({ name }) => name === "hello")?.calls, 1)
})

test("a URL without a type is tried with the older transport where it does not speak the newer one", async (t) => {
  const older = await start({ args: ["test/fixtures/legacy/sse.ts"], ready: /^listening / })
  t.after(() => older.stop())
  const { fleet } = await openFleet(t, { older: { url: urlIn(older.line) } })
  await fleet.settled()
  assert.match(textOf(await callTool(fleet, "older", "test_simple_text", {})), /simple text/)
})

test("programs that only keep silent hold up none of the others", async (t) => {
  const silent = Array.from({ length: 12 }, (_, index) => [
    `a${index}`,
    program("test/fleet/wayward-service.ts", "mute"),
  ])
  const { fleet } = await openFleet(t, {
    ...Object.fromEntries(silent),
    hello: program("examples/hello-server/server.ts"),
  })
  await until("the good one is up", () => fleet.stateOf("hello") === "up")
  assert.equal(textOf(await callTool(fleet, "hello", "greet", { name: "Ann" })), "Hello, Ann!")
})

test("SEC-03 what a service quotes of its secrets is not shown", async (t) => {
  const script = `console.error("my key is " + process.env.KEY); process.exit(1)`
  const { fleet } = await openFleet(t, { leaky: { ...inline(script), env: { KEY: "hunter2-hunter2" } } })
  await until("it has failed", () => fleet.stderr("leaky").some((line) => line.includes("my key is")))
  const shown = JSON.stringify([fleet.stderr("leaky"), fleet.issues(), await fleet.diagnose("leaky")])
  assert.ok(!shown.includes("hunter2"), shown)
})
