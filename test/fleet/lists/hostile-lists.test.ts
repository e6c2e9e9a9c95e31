/** Lists that are to cost more than they are worth: DS-15, DS-16, RED-02 and RED-04 of the catalogue of attacks. */

import assert from "node:assert/strict"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { fetchLists } from "../../../src/fleet/lists/lists.ts"
import { compileOffer, type OfferSource } from "../../../src/fleet/lists/offer.ts"
import { findSchemaFault } from "../../../src/fleet/lists/schema-check.ts"
import { readServiceFile } from "../../../src/domain/services/service.ts"
import type { Link } from "../../../src/mcp/client/link.ts"
import { noMembers, toRaw, toRawObject, type RawObject } from "../../../src/mcp/raw-json.ts"
import { callTool, inline, openFleet, textOf, type Opened } from "../fleet-kit.ts"

const times = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, at) => make(at))
const draft7 = "http://json-schema.org/draft-07/schema#"
const object = (rest: object): string => JSON.stringify({ type: "object", ...rest })
const nested = (levels: number): string => `{"type":"object",${'"anyOf":[{'.repeat(levels)}${"}]".repeat(levels)}}`

/** Each with what its refusal says; undefined: there is nothing wrong with it, and it costs nothing. */
const schemas: readonly (readonly [string, string, RegExp | undefined])[] = [
  [
    "RED-02 a pattern that backtracks",
    object({ properties: { a: { pattern: "^(a+)+$", default: "a!" } } }),
    undefined,
  ],
  [
    "RED-02 a pattern as long as may be",
    object({ pattern: `${"(".repeat(99_999)}a${")".repeat(99_999)}` }),
    /regex/,
  ],
  ["RED-04 10,000 nested anyOf", nested(10_000), /nested deeper/],
  ["RED-04 anyOf as deep as may be", nested(30), undefined],
  ["RED-04 a reference to itself", object({ $ref: "#", anyOf: [{ $ref: "#" }] }), undefined],
  ["RED-04 an enum of 10 MB", object({ enum: ["a".repeat(10_000_000)] }), /the limit is 262144/],
  [
    "RED-04 25,000 lists to compare with each other",
    object({ $schema: draft7, enum: times(25_000, (at) => [at]) }),
    /limit for such is 2000/,
  ],
  [
    "RED-04 12,000 schemas, each of them wrong",
    object({ anyOf: times(12_000, () => ({ type: 1 })) }),
    /limit for such is 2000/,
  ],
  [
    "RED-04 as many lists to compare as may be",
    object({ $schema: draft7, enum: times(950, (at) => [at]), unevaluatedItems: {} }),
    undefined,
  ],
  [
    "RED-04 10,000 plain properties",
    object({ properties: Object.fromEntries(times(10_000, (at) => [`p${at}`, { type: "string" }])) }),
    undefined,
  ],
]

for (const [name, text, reason] of schemas) {
  test(`${name}: looked at within bounds`, async () => {
    await findSchemaFault(toRaw({ type: "object", unheardOf: 1 }), "inputSchema") // the validator is loaded
    const beganMs = performance.now()
    const fault = await findSchemaFault(Buffer.from(text), "inputSchema")
    const tookMs = performance.now() - beganMs
    assert.match(fault ?? "fine", reason ?? /^fine$/)
    // A tenth of a second here; machines differ.
    assert.ok(tookMs < 1_000, `${tookMs} ms`)
  })
}

const definition = readServiceFile("far", { url: "http://127.0.0.1/mcp" })[0]

function offering(tools: readonly RawObject[]): OfferSource {
  assert.ok(definition)
  const { tags, audit, prefix, tools: rules } = definition
  const facts = { era: "modern", capabilities: {}, instructions: undefined } as const
  const items = { tools, prompts: [], resources: [], templates: [] }
  return { service: "far", prefix, rules, tags, audit, terms: definition, facts, items }
}

test("RED-04 a service of nothing but bad schemas costs a bounded time, in small pieces, and only its own tools", async () => {
  const bad = { type: "object", anyOf: times(600, () => ({ type: 1 })) }
  const tools = times(1_000, (at) => toRawObject({ name: `t${at}`, inputSchema: bad }))
  const good = toRawObject({ name: "good", inputSchema: { type: "object" } })
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const { offer, faults } = await compileOffer(offering([...tools, good]))
  delay.disable()
  assert.deepEqual(
    offer.items.tools.map(({ name }) => name),
    ["good"],
  )
  assert.match(faults[0]?.message ?? "", /no valid JSON Schema/)
  assert.match(faults.at(-1)?.message ?? "", /was not looked at/)
  assert.ok(delay.max / 1e6 < 1_500, `${delay.max / 1e6} ms in one piece`)
})

function linkTo(result: () => object): Link {
  return {
    remembers: false,
    facts: {
      era: "modern",
      revision: "2026-07-28",
      capabilities: { tools: {} },
      info: undefined,
      instructions: undefined,
    },
    handle: async () => ({ result: toRawObject(result()) }),
    closed: new Promise(() => {}),
    ping: async () => {},
    close: async () => {},
  }
}

const limits = { maxPages: 64, maxItems: 10_000, maxBytes: 1_000_000 }
const client = { era: "modern", revision: "2026-07-28", capabilities: noMembers, info: undefined } as const
const fetchFrom = (result: () => object): ReturnType<typeof fetchLists> =>
  fetchLists({ link: linkTo(result), client, limits, signal: new AbortController().signal })

test("DS-16 90,000 tools on one page are refused by name of the limit", async () => {
  const few = { ...limits, maxBytes: 100_000_000 }
  const tools = times(90_000, () => 1)
  const fetching = fetchLists({
    link: linkTo(() => ({ tools })),
    client,
    limits: few,
    signal: new AbortController().signal,
  })
  await assert.rejects(fetching, { code: "service_unavailable", message: /more than 10000 items.*limits\.tools/ })
})

test("DS-16 pages that are too large together are refused, and no more of them are fetched", async () => {
  let pages = 0
  const page = (): object => ({ tools: [{ name: "a".repeat(400_000) }], nextCursor: String(++pages) })
  await assert.rejects(fetchFrom(page), { message: /more than 1000000 bytes.*limits\.listBytes/ })
  assert.equal(pages, 3)
})

/** Counts how often it is asked for its tools, and how often at once; says so many times that they have changed. */
const counting = (changes: number): object =>
  inline(`
    const { createInterface } = require("node:readline")
    const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: "2.0", ...message }) + "\\n")
    let lists = 0, open = 0, most = 0
    const tools = [{ name: "count", inputSchema: { type: "object" } }]
    setInterval(() => { for (let at = 0; at < ${changes}; at++) say({ method: "notifications/tools/list_changed" }) }, 20)
    createInterface({ input: process.stdin }).on("line", (line) => {
      const { id, method } = JSON.parse(line)
      const capabilities = { tools: { listChanged: true } }
      if (method === "initialize") say({ id, result: { protocolVersion: "2025-11-25", capabilities, serverInfo: {} } })
      else if (method === "tools/list") {
        lists++
        most = Math.max(most, ++open)
        setTimeout(() => { open--; say({ id, result: { tools } }) }, 50)
      } else if (method === "tools/call") say({ id, result: { content: [{ type: "text", text: lists + " " + most }] } })
      else if (id !== undefined) say({ id, error: { code: -32601, message: "" } })
    }).on("close", () => process.exit(0))`)

const countsOf = async ({ fleet }: Opened): Promise<number[]> =>
  textOf(await callTool(fleet, "far", "count"))
    .split(" ")
    .map(Number)

test("DS-15 a storm of list changes is one fetch a second, and one at a time", async (t) => {
  const opened = await openFleet(t, { far: counting(50) })
  await opened.fleet.settled()
  const [before = 0] = await countsOf(opened)
  const beganMs = performance.now()
  await sleep(2_500)
  const [after = 0, most] = await countsOf(opened)
  const seconds = (performance.now() - beganMs) / 1_000
  assert.ok(after - before >= 1, "it is fetched during the storm")
  assert.ok(after - before <= Math.ceil(seconds) + 1, `${after - before} lists in ${seconds} s`)
  assert.equal(most, 1)
})

test("many who want the lists at once share the fetch after the one that is under way", async (t) => {
  const opened = await openFleet(t, { far: counting(0) })
  await opened.fleet.settled()
  const [before = 0] = await countsOf(opened)
  await Promise.all(times(100, () => opened.fleet.refresh("far")))
  const [after = 0] = await countsOf(opened)
  assert.equal(after - before, 2)
})
