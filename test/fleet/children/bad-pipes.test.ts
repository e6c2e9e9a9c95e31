/** Programs whose pipes are no use any more: DS-05, DS-26 and DS-27 of the catalogue of attacks. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { callTool, inline, openFleet, textOf, until } from "../fleet-kit.ts"

/** Answers with its pid, or does what its tool is named for. */
const service = inline(`
  const { createInterface } = require("node:readline")
  const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n")
  const flood = (left, done) => left === 0 ? done() : process.stderr.write(("x".repeat(1023) + "\\n").repeat(64), () => flood(left - 1, done))
  const text = (id, text) => say({ id, result: { content: [{ type: "text", text }] } })
  const lines = createInterface({ input: process.stdin })
  const tools = {
    pid: (id) => text(id, String(process.pid)),
    stop_reading: () => { lines.pause(); process.stdin.pause(); setInterval(() => {}, 1_000) },
    flood: (id) => flood(160, () => text(id, "flooded")),
  }
  lines.on("line", (line) => {
    const { id, method, params } = JSON.parse(line)
    if (method === "initialize") say({ id, result: { protocolVersion: "2025-11-25", capabilities: {}, serverInfo: {} } })
    else if (method === "ping") say({ id, result: {} })
    else if (method === "tools/call") tools[params.name](id)
    else if (id !== undefined) say({ id, error: { code: -32601, message: "" } })
  }).on("close", () => process.exit(0))`)

test("DS-27 a program that stops reading is started anew, and its calls are told", async (t) => {
  const { fleet } = await openFleet(t, { far: service }, { limits: { writeMs: 300 } })
  const before = textOf(await callTool(fleet, "far", "pid"))
  const stopping = callTool(fleet, "far", "stop_reading")
  const large = { filler: "x".repeat(4_000_000) }
  for (const call of [stopping, callTool(fleet, "far", "pid", large)])
    await assert.rejects(call, { code: "service_unavailable", message: /read nothing for 300 ms/ })
  await until("another runs", async () => {
    const answer = await callTool(fleet, "far", "pid").catch(() => undefined)
    return answer !== undefined && textOf(answer) !== before
  })
})

test("DS-26 a program that floods its error output is read, and what is kept of it stays small", async (t) => {
  const { fleet } = await openFleet(t, { far: service })
  await callTool(fleet, "far", "pid")
  const beforeMb = memoryMb()
  assert.equal(textOf(await callTool(fleet, "far", "flood")), "flooded")
  const lines = fleet.stderr("far")
  assert.ok(lines.length > 0 && lines.join("\n").length <= 65_536)
  const grownMb = memoryMb() - beforeMb
  t.diagnostic(JSON.stringify({ grownMb }))
  assert.ok(grownMb < 60, `${grownMb} MB more for 10 MB of output`)
})

test("DS-05 a program that is stopped in the middle misses its pings and is replaced", async (t) => {
  const health = { intervalMs: 200, timeoutMs: 200 }
  const { fleet } = await openFleet(t, { far: { ...service, health } })
  const pid = Number(textOf(await callTool(fleet, "far", "pid")))
  process.kill(pid, "SIGSTOP")
  await until("another runs", async () => {
    const answer = await callTool(fleet, "far", "pid").catch(() => undefined)
    return answer !== undefined && Number(textOf(answer)) !== pid
  })
})

/** What this process holds, garbage and all. */
function memoryMb(): number {
  const { external, heapUsed } = process.memoryUsage()
  return Math.round((external + heapUsed) / 1e6)
}

test("DS-05 a program of one caller's own that is stopped is pinged once it is silent, and replaced", async (t) => {
  const far = { ...service, isolation: "principal", timeoutMs: 300, health: { timeoutMs: 200 } }
  const { fleet } = await openFleet(t, { far })
  let pid = 0
  await until("one runs", async () => {
    const answer = await callTool(fleet, "far", "pid").catch(() => undefined)
    return answer !== undefined && (pid = Number(textOf(answer))) > 0
  })
  process.kill(pid, "SIGSTOP")
  await assert.rejects(callTool(fleet, "far", "pid"), { code: "timeout" })
  await until("another runs", async () => {
    const answer = await callTool(fleet, "far", "pid").catch(() => undefined)
    return answer !== undefined && Number(textOf(answer)) !== pid
  })
})
