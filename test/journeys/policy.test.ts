/** Policies as those behind them meet them: what is refused, in which words, what the record says, and from when on. */

import assert from "node:assert/strict"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { openDoors, type Door } from "../policy/doors.ts"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { root } from "../support/process.ts"
import { createAgent, rest } from "../support/rest.ts"
import { eventually } from "./eventually.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { openListeners } from "./listeners.ts"
import { listNames, openPeer, type Peer } from "./peer.ts"
import { startService, type ScriptedService } from "./scripted-service.ts"

const limit = { timeout: 120_000 }
const office = "10.1.2.3"
const home = "11.0.0.1"

let service: ScriptedService
let gateway: TestGateway
let doors: readonly Door[]
let key: string

before(async () => {
  service = await startService({
    tools: [{ name: "get", annotations: { readOnlyHint: true } }, { name: "drop" }, { name: "spare" }],
  })
  gateway = await startGateway({
    services: { crm: { url: service.url } },
    args: ["--workers", "2"],
    nodeArgs: ["--import", join(root, "test/fixtures/forward-clock.mjs")],
    env: { MCP_META_TRUSTED_PROXIES: "127.0.0.1", MCP_META_AUDIT_PAYLOADS: "redacted" },
  })
  doors = openDoors(gateway)
  key = await createAgent(gateway, "bot", {
    permissions: ["observe"],
    tools: { allow: ["crm__get", "crm__drop"] },
  })
})

after(async () => {
  await gateway?.stop()
  await service?.close()
})

async function ask(method: string, path: string, input?: unknown): Promise<Record<string, unknown>> {
  const { status, body } = await rest(gateway, method, path, input)
  assert.ok(status < 300, `${method} ${path}: ${status} ${JSON.stringify(body)}`)
  return body as Record<string, unknown>
}

const about = { principals: ["bot"] }
const set = (id: string, rules: object[], mode = "enforce") =>
  ask("PUT", "/policies", { policy: { id, name: id, mode, rules } })
const remove = (id: string) => ask("DELETE", `/policies/${id}`)

/** A worker that is a moment behind says so, and is asked again. */
async function outcome(door: Door, source: string, tool: string, text = "{}"): Promise<string> {
  const said = await door.call({ key, source }, tool, text)
  return said === "service_unavailable" ? outcome(door, source, tool, text) : said
}

test("AUTHZ-06 a policy holds from the next call on, at each door, and its end does", limit, async () => {
  for (const door of doors) {
    assert.equal(await outcome(door, home, "crm__drop"), "ok", door.name)
    await set("no-drops", [
      { id: "drops", effect: "deny", subject: about, target: { annotations: { destructiveHint: true } } },
    ])
    assert.equal(await outcome(door, home, "crm__drop"), "not_found", door.name)
    assert.equal(await outcome(door, home, "crm__get"), "ok", door.name)
    await remove("no-drops")
  }
})

test("AUTHZ-06 who listens is told that the list has changed when a policy changes it", limit, async (t) => {
  const pipe = httpPipe(gateway.url, bearer(key))
  const listener = await openPeer(pipe, { era: "legacy" })
  t.after(() => listener.close())
  await pipe.openStream()
  await set("no-drops", [{ id: "drops", effect: "deny", subject: about, target: { tools: ["crm__drop"] } }])
  await listener.until(({ method }) => method === "notifications/tools/list_changed")
  await remove("no-drops")
})

test("the address that counts is that of each message, whatever its session began with", limit, async () => {
  await set("office", [
    { id: "inside", effect: "deny", subject: about, source: { in: ["10.0.0.0/8"], not: true } },
  ])
  for (const door of doors) {
    assert.equal(await outcome(door, office, "crm__get"), "ok", door.name)
    assert.equal(await outcome(door, home, "crm__get"), "not_found", door.name)
    assert.equal(await outcome(door, office, "crm__get"), "ok", door.name)
    if (!door.list) continue
    assert.deepEqual(await door.list({ key, source: home }), [], door.name)
    assert.deepEqual([...(await door.list({ key, source: office }))].sort(), ["crm__drop", "crm__get"], door.name)
  }
  await remove("office")
})

test(
  "AUTHZ-10 what policies hide is refused in the words for what does not exist; wrong arguments are told as such",
  limit,
  async (t) => {
    const rules = [
      { id: "hidden", effect: "deny", subject: about, target: { tools: ["crm__drop"] } },
      {
        id: "own",
        effect: "deny",
        subject: about,
        target: { tools: ["crm__get"] },
        arguments: [{ pointer: "/id", equalsPrincipal: "name", not: true }],
      },
    ]
    await set("both", rules)
    const peer = await openPeer(httpPipe(gateway.url, bearer(key)))
    t.after(() => peer.close())
    const words = async (tool: string, values: object): Promise<string> => {
      const { error } = await peer.tool(tool, values)
      const { callId: _callId, next: _next, ...data } = error?.data ?? {}
      return JSON.stringify({ ...error, data }).replaceAll(tool, "TOOL")
    }
    assert.equal(await words("crm__drop", {}), await words("crm__nothing", {}))
    assert.match(
      await words("crm__get", { id: "eve" }),
      /The rule policy:both\/own denies TOOL with these arguments.*"code":"forbidden"/,
    )
    const told = await peer.tool("crm__get", { id: "eve" })
    assert.deepEqual(told.error?.data?.["next"], { operation: "explain_access", arguments: { tool: "crm__get" } })
    assert.equal(await outcome(doors[0] as Door, home, "crm__get", '{"id":"bot"}'), "ok")
    assert.equal(await outcome(doors[0] as Door, home, "crm__get", '{"id":"bot","x":{"k":1,"k":1}}'), "forbidden")
    const explained = (await peer.tool("explain_access", { tool: "crm__get", arguments: { id: "eve" } })).result?.[
      "structuredContent"
    ] as Record<string, unknown>
    assert.deepEqual([explained["decision"], explained["rule"]], ["denied", "policy:both/own"])
    await remove("both")
  },
)

type Entry = {
  readonly kind: string
  readonly rule?: string
  readonly target?: string
  readonly count?: number
  readonly detail?: Record<string, unknown>
}

test("the record names the rule that decided, and what one in shadow would have", limit, async () => {
  await set("record", [
    { id: "spare", effect: "allow", subject: about, target: { tools: ["crm__spare"] } },
    { id: "drops", effect: "deny", subject: about, target: { tools: ["crm__drop"] } },
  ])
  await set("dark", [{ id: "gets", effect: "deny", subject: about, target: { tools: ["crm__get"] } }], "shadow")
  for (const door of doors) {
    assert.deepEqual(
      [
        await outcome(door, home, "crm__spare"),
        await outcome(door, home, "crm__drop"),
        await outcome(door, home, "crm__get"),
      ],
      ["ok", "not_found", "ok"],
      door.name,
    )
  }
  let entries: readonly Entry[] = []
  // Of a flood of refusals the record names the first, and counts the others some moments later.
  const of = (kind: string, target: string, fits: (entry: Entry) => boolean): number =>
    entries
      .filter((entry) => entry.kind === kind && (kind === "refusal" || entry.target === target) && fits(entry))
      .reduce((sum, { count = 1 }) => sum + count, 0)
  const byRule = (rule: string) => (entry: Entry) => entry.rule === rule
  await eventually("all refusals are on record", async () => {
    entries = ((await ask("GET", "/audit/entries?principal=bot&limit=200")) as { entries: Entry[] }).entries
    return of("refusal", "crm__drop", byRule("policy:record/drops")) === 3
  })
  assert.ok(of("start", "crm__spare", byRule("policy:record/spare")) >= 3)
  assert.ok(of("end", "crm__spare", byRule("policy:record/spare")) >= 3)
  assert.ok(of("start", "crm__get", ({ detail }) => detail?.["shadow"] === "deny dark/gets") >= 3)
  await remove("record")
  await remove("dark")
})

test("a policy is tried on what was called, and outlives a restart", limit, async () => {
  const door = doors[0] as Door
  for (const id of ["bot", "eve", "eve"])
    assert.equal(await outcome(door, home, "crm__get", JSON.stringify({ id })), "ok")
  const rules = [
    {
      id: "own",
      effect: "deny",
      subject: about,
      target: { tools: ["crm__get"] },
      arguments: [{ pointer: "/id", oneOf: ["bot", "ann"], not: true, absent: "passes" }],
    },
  ]
  const draft = { id: "own", name: "Own", mode: "enforce", rules }
  const tried = (await ask("POST", "/policies/simulate", { draft })) as {
    newlyDenied: { calls: number; groups: { principal: string; tool: string; rule: string }[] }
  }
  assert.equal(tried.newlyDenied.calls, 2)
  assert.deepEqual(
    tried.newlyDenied.groups.map(({ principal, tool, rule }) => [principal, tool, rule]),
    [["bot", "crm__get", "policy:own/own"]],
  )
  await set("own", rules)
  await gateway.restart()
  await eventually(
    "it is refused again",
    async () => (await outcome(door, home, "crm__get", '{"id":"eve"}')) === "forbidden",
  )
  assert.equal(await outcome(door, home, "crm__get", '{"id":"bot"}'), "ok")
})

const hourMs = 3_600_000
/** The time of day in UTC that far ahead. */
const clockIn = (ms: number): string => new Date(Date.now() + ms).toISOString().slice(11, 16)

test("AUTHZ-06 who listens is told when the time of a policy begins and when it ends", limit, async (t) => {
  // Ahead of who listens: what they are told is due to the clock alone.
  const time = { zone: "UTC", from: clockIn(0.5 * hourMs), to: clockIn(1.5 * hourMs) }
  await set("siesta", [{ id: "rest", effect: "deny", subject: about, target: { tools: ["crm__drop"] }, time }])
  const { legacy, modern } = await openListeners(t, gateway.url, key)
  const both = [legacy, modern]
  const isListed = async (peer: Peer): Promise<boolean> => (await listNames(peer)).includes("crm__drop")
  const times = (peer: Peer): number =>
    peer.heard.filter(({ method }) => method === "notifications/tools/list_changed").length
  for (const isThere of [false, true]) {
    const told = both.map(times)
    for (const peer of both) assert.equal(await isListed(peer), !isThere)
    gateway.process.child.kill("SIGUSR2")
    await eventually("both are told", () => both.every((peer, at) => times(peer) > (told[at] ?? 0)))
    for (const peer of both) assert.equal(await isListed(peer), isThere)
  }
  await remove("siesta")
})
