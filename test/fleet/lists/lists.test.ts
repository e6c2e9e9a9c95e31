import assert from "node:assert/strict"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { ListCache, type Lists } from "../../../src/fleet/lists/list-cache.ts"
import { fetchLists, noListItems, noTtls } from "../../../src/fleet/lists/lists.ts"
import type { Link } from "../../../src/mcp/client/link.ts"
import type { Answer, ClientFacts, Request } from "../../../src/mcp/message.ts"
import { noMembers, toRaw, toRawObject } from "../../../src/mcp/raw-json.ts"
import { makeFolder } from "../../support/folder.ts"

const client: ClientFacts = { era: "modern", revision: "2026-07-28", capabilities: noMembers, info: undefined }
const limits = { maxPages: 4, maxItems: 5, maxBytes: 10_000_000 }

/** A link to a service that answers so. */
function linkTo(
  answer: (request: Request) => object | undefined,
  capabilities: Record<string, unknown> = { tools: {} },
): Link {
  const handle = async (request: Request): Promise<Answer> => {
    const result = answer(request)
    return result ? { result: toRawObject(result) } : { error: { code: -32601, message: "unknown" } }
  }
  const facts = {
    era: "modern",
    revision: "2026-07-28",
    capabilities,
    info: undefined,
    instructions: undefined,
  } as const
  return {
    remembers: false,
    facts,
    handle,
    closed: new Promise(() => {}),
    ping: async () => {},
    close: async () => {},
  }
}

const fetchFrom = (link: Link): ReturnType<typeof fetchLists> =>
  fetchLists({ link, client, limits, signal: new AbortController().signal })

const cursorOf = ({ params }: Request): number => Number(JSON.parse(params.get("cursor")?.toString() ?? '"0"'))

test("all pages are fetched, in order", async () => {
  const link = linkTo((request) => {
    const page = cursorOf(request)
    return { tools: [{ name: `tool${page}` }], ...(page < 2 && { nextCursor: String(page + 1) }) }
  })
  const { items, faults } = await fetchFrom(link)
  assert.deepEqual(
    items.tools.map((tool) => tool.get("name")?.toString()),
    ['"tool0"', '"tool1"', '"tool2"'],
  )
  assert.deepEqual(faults, [])
})

test("lists without an end are given up", async () => {
  await assert.rejects(fetchFrom(linkTo(() => ({ tools: [], nextCursor: "again" }))), {
    message: /same cursor twice/,
  })
  let page = 0
  await assert.rejects(fetchFrom(linkTo(() => ({ tools: [], nextCursor: String(page++) }))), {
    message: /more than 4 pages/,
  })
  const many = { tools: Array.from({ length: 6 }, () => ({ name: "a" })) }
  await assert.rejects(fetchFrom(linkTo(() => many)), { message: /more than 5 items/ })
})

test("one list that fails costs only itself, and keeps what it last held", async () => {
  const link = linkTo(({ method }) => (method === "tools/list" ? { tools: [{ name: "a" }] } : undefined), {
    tools: {},
    prompts: {},
    resources: {},
  })
  const previous = { ...noListItems, prompts: [toRawObject({ name: "old" })] }
  const { items, faults } = await fetchLists({
    link,
    client,
    limits,
    signal: new AbortController().signal,
    previous,
  })
  assert.equal(items.tools.length, 1)
  assert.deepEqual(items.prompts, previous.prompts)
  assert.deepEqual(
    faults.map(({ subject }) => subject),
    ["prompts/list", "resources/list"],
  )
})

test("what is not announced is not asked for", async () => {
  const methods: string[] = []
  const link = linkTo(({ method }) => (methods.push(method), { prompts: [] }), { prompts: {} })
  await fetchFrom(link)
  assert.deepEqual(methods, ["prompts/list"])
})

const lists: Lists = {
  facts: { era: "legacy", revision: "2025-06-18", capabilities: { tools: {} }, instructions: undefined },
  items: {
    ...noListItems,
    tools: [
      new Map([
        ["name", toRaw("a")],
        ["exact", Buffer.from("12345678901234567890")],
      ]),
    ],
  },
  ttlMs: noTtls,
  listedAtMs: 5,
}

test("kept lists come back as they were, for the definition they belong to", async () => {
  const cache = new ListCache(join(makeFolder(), "lists"))
  await cache.save("files", "key", lists)
  assert.deepEqual(await cache.load("files", "key"), lists)
  assert.equal(await cache.load("files", "another key"), undefined)
  await cache.remove("files")
  assert.equal(await cache.load("files", "key"), undefined)
})

test("a kept list that is broken counts as none", async () => {
  const folder = join(makeFolder(), "lists")
  await mkdir(folder)
  for (const text of [
    "",
    "{",
    "[]",
    '{"format":"1","key":"key"}',
    '{"format":"1","key":"key","facts":{},"tools":7}',
  ]) {
    await writeFile(join(folder, "files.json"), text)
    assert.equal(await new ListCache(folder).load("files", "key"), undefined, text)
  }
})

test("a kept list that was altered counts as none", async () => {
  const folder = join(makeFolder(), "lists")
  const cache = new ListCache(folder)
  await cache.save("files", "key", lists)
  const whole = await readFile(join(folder, "files.json"), "utf8")
  assert.ok(await cache.load("files", "key"))
  for (const [was, is] of [
    [/"listedAtMs":\d+/, '"listedAtMs":"x"'],
    [/"era":"\w+"/, '"era":"foo"'],
    [/"revision":"[^"]+"/, '"revision":"1999-01-01"'],
  ] as const) {
    await writeFile(join(folder, "files.json"), whole.replace(was, is))
    assert.equal(await cache.load("files", "key"), undefined)
  }
})
