/** The lists of many services, some of them broken, slow or away. */
import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type AddressInfo } from "node:net"
import { createServer as createHttpServer } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { test, type TestContext } from "node:test"
import { administratorOf, gatewayFor } from "./administrator.ts"
import { eventually } from "./eventually.ts"
import { perform } from "./operations.ts"
import { listNames, textOf, type Reply } from "./peer.ts"
import { startService, type ScriptedService, type ServiceOptions, type ServiceTool } from "./scripted-service.ts"

const limit = { timeout: 120_000 }
const listMs = 4_000

/** What a busy machine may add; without the deadline it would be minutes. */
const slackMs = 5_000

test("two hundred tools of twenty services come in one request, whatever three others do", limit, async (t) => {
  const twenty = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      serviceFor(t, { tools: tools(10, `s${index}_`), era: index % 2 === 0 ? "modern" : "legacy" }),
    ),
  )
  const good = Object.fromEntries(twenty.map(({ url }, index) => [`service${index}`, { url }]))
  const bad = { hanging: { url: await hangingUrl(t) }, garbage: { url: await garbageUrl(t) }, noise: noise }
  const gateway = await gatewayFor(t, {
    services: { ...good, ...bad },
    env: { MCP_META_LIMITS_LIST_MS: String(listMs) },
  })
  const client = await administratorOf(t, gateway)
  const begunAt = performance.now()
  const { result } = await client.call("tools/list")
  const tookMs = Math.round(performance.now() - begunAt)
  t.diagnostic(`the first list took ${tookMs} ms`)
  const names = namesOf(result)
  assert.equal(names.filter((name) => name.startsWith("service")).length, 200)
  assert.ok(names.includes("service7__s7_3") && result?.["nextCursor"] === undefined)
  assert.ok(tookMs <= listMs + slackMs, `the list took ${tookMs} ms`)

  const againAt = performance.now()
  assert.equal(textOf(await client.tool("service7__s7_3")), "s7_3")
  await listNames(client)
  assert.ok(performance.now() - againAt < listMs, "nobody waits for the broken ones again")
  const { services } = (await perform(client, "list_services")) as { services: { name: string; state: string }[] }
  for (const name of Object.keys(bad))
    assert.notEqual(services.find((each) => each.name === name)?.state, "up", name)
})

test("a tool with a bad schema is missing alone, and an issue says why", limit, async (t) => {
  const bad: readonly ServiceTool[] = [
    { name: "no_object", inputSchema: { type: "string" } },
    { name: "no_schema", inputSchema: { type: "object", properties: 5 } },
    {
      name: "remote",
      inputSchema: { type: "object", properties: { a: { $ref: "http://127.0.0.1:1/schema.json" } } },
    },
    { name: "nothing", inputSchema: null },
    { name: "good_0" },
  ]
  const service = await serviceFor(t, { tools: [...tools(3, "good_"), ...bad] })
  const client = await administratorOf(t, await gatewayFor(t, { services: { mixed: { url: service.url } } }))
  const names = await listNames(client)
  assert.deepEqual(
    names.filter((name) => name.startsWith("mixed__")),
    ["mixed__good_0", "mixed__good_1", "mixed__good_2"],
  )
  const issues = JSON.stringify(await perform(client, "list_issues"))
  for (const { name } of bad) assert.ok(issues.includes(name), name)
  assert.match((await client.tool("mixed__no_object")).error?.message ?? "", /^Unknown tool/)
  assert.equal(textOf(await client.tool("mixed__good_1")), "good_1")
})

test("a service that was too slow to list at first is listed when it is not", limit, async (t) => {
  let lists = 0
  const slowAtFirst = (method: string): Promise<void> | undefined =>
    method === "tools/list" && ++lists === 1 ? sleep(1_000) : undefined
  const service = await serviceFor(t, { tools: tools(2, "t"), before: slowAtFirst })
  const env = { MCP_META_LIMITS_LIST_MS: "300" }
  const client = await administratorOf(t, await gatewayFor(t, { services: { slow: { url: service.url } }, env }))
  assert.ok(!(await listNames(client)).includes("slow__t1"))
  await eventually("it is listed", async () => (await listNames(client)).includes("slow__t1"))
})

test("the last known list is served while a service is away, over a restart too", limit, async (t) => {
  const service = await serviceFor(t, { tools: tools(3, "t") })
  const gateway = await gatewayFor(t, { services: { away: { url: service.url, pin: "off" } } })
  const client = await administratorOf(t, gateway)
  assert.ok((await listNames(client)).includes("away__t1"))
  await service.close()
  assert.equal((await client.tool("away__t1")).error?.data?.["code"], "service_unavailable")
  assert.ok((await listNames(client)).includes("away__t1"))
  await gateway.restart("SIGTERM")
  assert.ok((await listNames(client)).includes("away__t1"), "it was kept on disk")
  assert.equal((await client.tool("away__t1")).error?.data?.["code"], "service_unavailable")

  const port = Number(new URL(service.url).port)
  const returned = await startService({ tools: tools(3, "u"), port })
  t.after(() => returned.close())
  await eventually("the new list replaces it", async () => (await listNames(client)).includes("away__u1"), 20_000)
  assert.ok(!(await listNames(client)).includes("away__t1"))
})

test("more than a thousand tools come in pages, each tool once and in order", limit, async (t) => {
  const service = await serviceFor(t, { tools: tools(1_200, "t"), pageSize: 100 })
  const client = await administratorOf(t, await gatewayFor(t, { services: { many: { url: service.url } } }))
  const first = await client.call("tools/list")
  assert.equal(namesOf(first.result).length, 1_000)
  assert.equal(typeof first.result?.["nextCursor"], "string")
  const names = await listNames(client)
  assert.equal(names.filter((name) => name.startsWith("many__")).length, 1_200)
  assert.equal(new Set(names).size, names.length)
  assert.deepEqual(
    names,
    names.toSorted((a, b) => (a < b ? -1 : 1)),
  )
  assert.equal((await client.call("tools/list", { cursor: "made up" })).error?.code, -32602)
})

test(
  "long and odd names are shortened to what models accept, stay apart, and find their way back",
  limit,
  async (t) => {
    const long = "x".repeat(100)
    const odd = [`${long}1`, `${long}2`, "with.dot", "with/slash", "with_dot"].map((name) => ({ name }))
    const service = await serviceFor(t, { tools: odd })
    const client = await administratorOf(t, await gatewayFor(t, { services: { odd: { url: service.url } } }))
    const names = (await listNames(client)).filter((name) => name.startsWith("odd__"))
    assert.equal(new Set(names).size, odd.length)
    for (const name of names) assert.match(name, /^[A-Za-z0-9_-]{1,64}$/)
    const said = await Promise.all(names.map(async (name) => textOf(await client.tool(name))))
    assert.deepEqual(said.sort(), odd.map(({ name }) => name).sort())
  },
)

function namesOf(result: Reply["result"]): readonly string[] {
  const listed = (result?.["tools"] ?? []) as readonly { readonly name: string }[]
  return listed.map(({ name }) => name)
}

function tools(count: number, prefix: string): ServiceTool[] {
  return Array.from({ length: count }, (_, index) => ({ name: `${prefix}${index}` }))
}

async function serviceFor(t: TestContext, options: ServiceOptions): Promise<ScriptedService> {
  const service = await startService(options)
  t.after(() => service.close())
  return service
}

/** A program that prints what no protocol knows. */
const noise = { command: "node", args: ["-e", "setInterval(() => console.log('\\u0000{]garbage'), 5)"] }

/** Takes connections and never says a word. */
async function hangingUrl(t: TestContext): Promise<string> {
  const server = createServer((socket) => void socket.on("error", () => {}))
  const url = await listening(server)
  t.after(() => void server.close())
  return url
}

async function garbageUrl(t: TestContext): Promise<string> {
  const server = createHttpServer(
    (_request, response) => void response.writeHead(200, { "content-type": "application/json" }).end("{]garbage"),
  )
  const url = await listening(server)
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return url
}

async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
}
