/**
 * The oracle at the doors of a running gateway of several processes: what each door lets through, refuses and lists,
 * under generated policies that are set while it runs. The engine alone, over many more: oracle.test.ts.
 */

import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import fc from "fast-check"
import { gatewayFor } from "../journeys/administrator.ts"
import { startService } from "../journeys/scripted-service.ts"
import { rest } from "../support/rest.ts"
import type { Asked, Rule } from "./asked.ts"
import { openDoors, type Door, type Outcome, type Sender } from "./doors.ts"
import { isAllowed } from "./oracle.ts"
import { everyArguments, given, items, policies, principals } from "./worlds.ts"

const limit = { timeout: 600_000 }
const rounds = Number(process.env["MCP_META_TESTS_POLICY_ROUNDS"] ?? 6)
const tools = items.filter(({ kind }) => kind === "tools")
const sources = ["10.1.2.3", "192.168.7.7", "11.0.0.1"]
const grants = {
  ann: { allow: ["*"], deny: ["lab__*"] },
  "bot.a": { allow: ["crm__get", "lab__*"], deny: [] },
  "bot.b": { allow: [], deny: [] },
}

type World = Pick<Asked, "principal" | "grants" | "policies" | "item" | "source" | "client">

/** Rules that the administrator may write, and that no clock has a part in. */
const settable = policies.map((all) =>
  all.map((policy, at) => ({
    ...policy,
    id: `p${at}`,
    name: "p",
    rules: policy.rules.filter((rule) => !("time" in rule) && !selectsAdmin(rule)),
  })),
)

function selectsAdmin({ subject }: Pick<Rule, "subject">): boolean {
  const { principals: names, kinds, teams } = subject
  return (
    Object.keys(subject).length > 0 &&
    (names?.includes("*") ?? true) &&
    (kinds?.includes("human") ?? true) &&
    !teams
  )
}

test("AUTHZ-01 AUTHZ-12 each door lets through, refuses and lists what the oracle does", limit, async (t) => {
  const { gateway, keys, ids } = await openGateway(t)
  const doors = openDoors(gateway)
  const counts = { ok: 0, forbidden: 0, not_found: 0, lists: 0 }
  for (const [round, world] of fc.sample(settable, { numRuns: rounds, seed: 11 }).entries()) {
    await setPolicies(gateway, world)
    for (const who of principals) {
      const principal = { ...who, id: ids[who.name] ?? "" }
      for (const door of doors) {
        const source = sources[(round + doors.indexOf(door)) % sources.length] ?? ""
        const sender = { key: keys[who.name] ?? "", source }
        const about = {
          principal,
          grants: grants[who.name],
          policies: world as Asked["policies"],
          source,
          client: door.client,
        }
        const listed = tools.filter((item) => mayEver({ ...about, item })).map(({ name }) => name)
        if (door.list) {
          counts.lists++
          assert.deepEqual(
            [...(await door.list(sender))].sort(),
            listed.sort(),
            `${door.name} ${who.name} ${JSON.stringify(world)}`,
          )
        }
        for (const { item, args, text } of callsOf(round)) {
          const expected = outcomeOf({ ...about, item }, args, listed)
          const outcome = await settled(door, sender, item.name, text)
          assert.equal(outcome, expected, `${door.name} ${who.name} ${item.name} ${text} ${JSON.stringify(world)}`)
          counts[expected]++
        }
      }
    }
  }
  t.diagnostic(
    `${counts.ok + counts.forbidden + counts.not_found} calls and ${counts.lists} lists at ${doors.length} doors, mismatches 0: ${JSON.stringify(counts)}`,
  )
  assert.ok(Math.min(counts.ok, counts.forbidden, counts.not_found) > rounds * 2, JSON.stringify(counts))
})

function mayEver(world: World): boolean {
  return everyArguments.some((args) => isAllowed(askedOf(world, args)))
}

function askedOf(world: World, args: unknown): Asked {
  return { ...world, args, action: "call", minute: 0, day: "mon" }
}

function outcomeOf(world: World, args: unknown, listed: readonly string[]): "ok" | "forbidden" | "not_found" {
  if (isAllowed(askedOf(world, args))) return "ok"
  return listed.includes(world.item.name) ? "forbidden" : "not_found"
}

function callsOf(round: number) {
  return tools.flatMap((item, at) =>
    fc.sample(given, { numRuns: 3, seed: round * 10 + at }).map((one) => ({ item, ...one })),
  )
}

/** A worker may be a moment behind, and says so. */
async function settled(door: Door, sender: Sender, tool: string, text: string): Promise<Outcome> {
  const outcome = await door.call(sender, tool, text)
  return outcome === "service_unavailable" ? settled(door, sender, tool, text) : outcome
}

type Opened = {
  readonly gateway: Awaited<ReturnType<typeof gatewayFor>>
  readonly keys: Readonly<Record<string, string>>
  readonly ids: Readonly<Record<string, string>>
}

type State = { readonly principals: readonly { readonly name: string; readonly id: string }[] }

async function openGateway(t: Parameters<typeof gatewayFor>[0]): Promise<Opened> {
  const annotated = (name: string, hints: object) => ({ name, annotations: hints })
  const crm = await startService({ tools: [annotated("get", { readOnlyHint: true }), annotated("delete", {})] })
  const lab = await startService({ tools: [annotated("run", { destructiveHint: false, openWorldHint: false })] })
  t.after(() => Promise.all([crm.close(), lab.close()]))
  const gateway = await gatewayFor(t, {
    services: {
      crm: { url: crm.url, tags: ["prod"], tools: { rename: { delete: "drop" } } },
      lab: { url: lab.url },
    },
    args: ["--workers", "2"],
    env: { MCP_META_TRUSTED_PROXIES: "127.0.0.1", MCP_META_LIMITS_CHANGES_PER_MINUTE: "100000" },
  })
  const keys: Record<string, string> = {}
  for (const { id: _id, ...who } of principals) {
    await must(gateway, "POST", "/principals", { ...who, grants: { tools: grants[who.name] } })
    keys[who.name] = String((await must(gateway, "POST", "/keys", { principal: who.name }))["key"])
  }
  const state = JSON.parse(await readFile(join(gateway.folder, "data", "state.json"), "utf8")) as State
  return { gateway, keys, ids: Object.fromEntries(state.principals.map(({ name, id }) => [name, id])) }
}

async function setPolicies(gateway: Opened["gateway"], all: Asked["policies"]): Promise<void> {
  const { policies: old } = (await must(gateway, "GET", "/policies")) as { policies: { id: string }[] }
  for (const { id } of old) await must(gateway, "DELETE", `/policies/${id}`)
  for (const policy of all) await must(gateway, "PUT", "/policies", { policy })
}

async function must(
  gateway: Opened["gateway"],
  method: string,
  path: string,
  input?: unknown,
): Promise<Record<string, unknown>> {
  const { status, body } = await rest(gateway, method, path, input)
  assert.ok(status < 300, `${method} ${path}: ${status} ${JSON.stringify(body)}`)
  return body as Record<string, unknown>
}
