/**
 * The story: an agent governs the gateway, and is governed. `scout` is the agent; `olga` answers for it. Each scene is
 * what they say over MCP and what they are told; a scene throws when it goes otherwise than it should.
 */

import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import type { Actor, Refusal } from "./actor.ts"
import { tamperWith, type Stage } from "./stage.ts"
import type { Transcript } from "./transcript.ts"

export type Cast = {
  readonly stage: Stage
  readonly olga: Actor
  readonly scout: Actor
  readonly told: Transcript
}

type Scene = readonly [title: string, play: (cast: Cast) => Promise<void>]

export const scenes: readonly Scene[] = [
  ["1. An agent brings in a service: nothing starts before somebody else has looked", registers],
  ["2. Its tools are offered when they are approved, and called when they are granted", asksForAccess],
  ["3. It meets its quota, and learns why", meetsQuota],
  ["4. It cannot help itself", cannotHelpItself],
  ["5. A tool's description changes behind everybody's back", isCaught],
  ["6. A change is taken back", rollsBack],
  ["7. All of it is on record", isOnRecord],
]

async function registers({ stage, olga, scout, told }: Cast): Promise<void> {
  const service = { name: "memory", command: process.execPath, args: [stage.memory] }
  told.does("scout", "register_service memory: node .../server-memory/dist/index.js")
  const asked = await scout.refused("register_service", service)
  assert.deepEqual([asked.code, asked.next], ["plan_required", "get_plan"])
  told.hears(`${asked.code}: ${asked.message}`)
  told.hears(`programs started by the gateway: ${await stage.programs()}`)
  assert.equal(await stage.programs(), 0)
  const plan = planOf(asked)
  told.does("scout", "approve_plan, for itself")
  const own = await scout.refused("approve_plan", plan)
  told.hears(`${own.code}: ${own.message}`)
  await approve({ olga, scout, told }, plan)
  told.hears(`programs started by the gateway: ${await stage.programs()}`)
}

async function asksForAccess({ olga, scout, told }: Cast): Promise<void> {
  const held = await olga.call("list_held_items", { name: "memory" })
  told.does("olga", "list_held_items memory")
  told.hears(held.text, 3)
  told.does("olga", "approve_tools memory, by the digest of what she saw")
  await olga.call("approve_tools", { name: "memory", digest: held.data["digest"] })
  told.does("scout", "memory__read_graph")
  const unknown = await scout.refused("memory__read_graph")
  told.hears(`${unknown.code}: ${unknown.message}`)
  told.does("scout", "explain_access memory__read_graph")
  told.hears((await scout.call("explain_access", { tool: "memory__read_graph" })).text)
  told.does("scout", "request_access memory__* for 30 minutes")
  const request = { tools: ["memory__*"], minutes: 30, reason: "Notes for the report" }
  const { data } = await scout.call("request_access", request)
  const { id, digest } = data["plan"] as { readonly id: string; readonly digest: string }
  await approve({ olga, scout, told }, { id, digest })
  told.does("scout", "memory__create_entities, memory__read_graph")
  await scout.call("memory__create_entities", {
    entities: [{ name: "mcp-meta", entityType: "gateway", observations: ["asks before it acts"] }],
  })
  told.hears((await scout.call("memory__read_graph")).text.replaceAll(/\s+/g, " "))
}

async function meetsQuota({ olga, scout, told }: Cast): Promise<void> {
  const quota = { subject: "principal:scout", target: "service:memory", limit: 2, window: "hour" }
  told.does("olga", "set_quota scout on memory: 2 calls an hour")
  await olga.call("set_quota", quota)
  told.does("scout", "memory__read_graph, until it is told to stop")
  const refusal = await untilRefused(scout)
  assert.equal(refusal.code, "quota_exceeded")
  told.hears(`${refusal.code}: ${refusal.message}`)
  told.hears(`what would help: ${refusal.next}`)
}

async function cannotHelpItself({ olga, scout, told }: Cast): Promise<void> {
  const attempts: readonly (readonly [string, object])[] = [
    ["set_quota", { subject: "principal:scout", target: "service:memory", limit: 1_000_000, window: "hour" }],
    ["set_grants", { name: "scout", grants: { permissions: ["govern"] } }],
    ["create_principal", { name: "puppet", kind: "agent", grants: { permissions: ["govern"] } }],
    ["audit_erase", { principal: "scout" }],
  ]
  for (const [operation, input] of attempts) {
    const { code } = await scout.refused(operation, input)
    told.does("scout", `${operation} ${JSON.stringify(input)}`.slice(0, 110))
    told.hears(code)
  }
  assert.ok(!(await olga.call("list_principals")).text.includes("puppet"))
}

async function isCaught({ stage, olga, scout, told }: Cast): Promise<void> {
  const restore = await tamperWith(stage.memory)
  told.does("(a)", "new release of server-memory: read_graph now says more to the model")
  await restart(olga)
  told.does("olga", "list_held_items memory")
  told.hears((await olga.call("list_held_items", { name: "memory" })).text, 6)
  const tools = await scout.tools()
  assert.ok(tools.includes("memory__open_nodes") && !tools.includes("memory__read_graph"))
  told.does("scout", "memory__read_graph")
  const refusal = await scout.refused("memory__read_graph")
  told.hears(`${refusal.code}: ${refusal.message}`)
  told.does("(b)", "the release is withdrawn")
  await restore()
  await restart(olga)
  assert.ok((await scout.tools()).includes("memory__read_graph"))
  told.hears("memory__read_graph is offered again: it is as it was approved")
}

async function rollsBack({ olga, scout, told }: Cast): Promise<void> {
  told.does("olga", 'update_service memory: tools.deny ["*"], by mistake')
  const changed = await olga.call("update_service", { name: "memory", tools: { deny: ["*"] } })
  told.hears(changed.text.split("\n").find((line) => line.startsWith("Gone")) ?? "")
  assert.ok(!(await scout.tools()).some((name) => name.startsWith("memory__")))
  const history = await olga.call("config_history", { service: "memory", limit: 1 })
  const [last] = history.data["revisions"] as readonly { readonly number: number }[]
  assert.ok(last)
  told.does("olga", `rollback: undo revision ${last.number}`)
  told.hears((await olga.call("rollback", { undo: last.number })).text, 3)
  assert.ok((await scout.tools()).some((name) => name.startsWith("memory__")))
}

async function isOnRecord({ stage, olga, told }: Cast): Promise<void> {
  const query = { principal: "scout", kind: "refusal", limit: 100 }
  const { data } = await olga.call("audit_query", query)
  told.does("olga", "audit_query: what scout was refused")
  const refused = new Set((data["entries"] as readonly { readonly target?: string }[]).map(({ target }) => target))
  const targets = ["approve_plan", "set_grants", "audit_erase", "memory__read_graph"]
  assert.deepEqual(
    targets.filter((target) => !refused.has(target)),
    [],
  )
  told.hears(`all of it: ${targets.join(", ")}, ...`)
  const verified = await olga.call("audit_verify")
  assert.equal(verified.data["ok"], true)
  told.does("olga", "audit_verify")
  told.hears(verified.text.replaceAll(/\d+/g, "n"), 1)
  const script = resolve(import.meta.dirname, "../bin/mcp-meta.mjs")
  await promisify(execFile)(process.execPath, [script, "verify", "--data", stage.data])
  told.does("anyone", `mcp-meta verify --data ${join("...", "data")}`)
  told.hears("exit 0")
}

type Approving = Pick<Cast, "olga" | "scout" | "told">
type PlanName = { readonly id: string; readonly digest: string }

async function approve({ olga, scout, told }: Approving, { id, digest }: PlanName): Promise<void> {
  told.does("olga", "get_plan")
  told.hears((await olga.call("get_plan", { id })).text, 8)
  told.does("olga", "approve_plan, by the digest of what she saw")
  await olga.call("approve_plan", { id, digest })
  told.does("scout", "apply_plan")
  told.hears((await scout.call("apply_plan", { id })).text, 1)
}

function planOf({ detail }: Refusal): PlanName {
  return { id: String(detail["plan"]), digest: String(detail["digest"]) }
}

async function untilRefused(scout: Actor): Promise<Refusal> {
  for (let calls = 0; calls < 3; calls++) {
    const answer = await scout.call("memory__read_graph").catch(() => undefined)
    if (!answer) break
  }
  return scout.refused("memory__read_graph")
}

async function restart(olga: Actor): Promise<void> {
  for (const enabled of [false, true]) await olga.call("toggle_service", { name: "memory", enabled })
}
