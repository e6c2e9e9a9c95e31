/**
 * Real servers, all behind one gateway at once: what each answers through the gateway equals what it answers directly,
 * byte for byte, to clients of both eras.
 */
import assert from "node:assert/strict"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { listNames, openPeer, type Peer, type Reply } from "./peer.ts"
import { layOutFiles, startRealServices, type RealServices } from "./real-services.ts"
import { callsOf, type ToolCall } from "./tool-calls.ts"

const limit = { timeout: 120_000 }
const eras = ["legacy", "modern"] as const
const everythings = ["everything-stdio", "everything-http", "everything-sse"]

let folder: string
let real: RealServices
let gateway: TestGateway

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "journey-real-"))
  real = await startRealServices(folder)
  await writeFile(join(real.filesFolder, "still.txt"), "never touched\n")
  const services = Object.fromEntries(
    Object.entries(real.services).map(([name, { definition }]) => [name, definition]),
  )
  gateway = await startGateway({ services })
}, limit)

after(async () => {
  await gateway?.stop()
  await real?.close()
  await rm(folder, { recursive: true, force: true })
})

const through = (era: "legacy" | "modern", path = ""): Promise<Peer> =>
  openPeer(httpPipe(`${gateway.url}${path}`, bearer(gateway.key)), { era })

const directly = async (service: string): Promise<Peer> => {
  const pipe = await real.services[service]?.openDirect()
  if (!pipe) throw new Error(`no service ${service}`)
  return openPeer(pipe, { era: "legacy" })
}

for (const name of [...everythings, "filesystem", "memory", "socket", "websocket"]) {
  test(`every tool of ${name} answers the same through the gateway`, limit, async (t) => {
    const service = real.services[name]
    assert.ok(service)
    const calls = callsOf(service, real.filesFolder)
    const direct = await directly(name)
    t.after(() => direct.close())
    const own = await listNames(direct)
    assert.deepEqual([...new Set(calls.map(({ tool }) => tool))].sort(), own.toSorted())
    for (const era of eras) {
      const client = await through(era)
      t.after(() => client.close())
      const expected = await callAll(direct, calls, "")
      const answered = await callAll(client, calls, `${name}__`)
      calls.forEach((call, index) => {
        if (runsAsTaskOnly(expected[index])) return assert.equal(answered[index]?.error?.code, taskNeeded[era])
        assertSame(call, expected[index], answered[index])
      })
      assert.deepEqual(client.strays, [])
    }
  })
}

/** Of a tool that its service runs as a task only: what a client without tasks is told, in the words of its era. */
const taskNeeded = { legacy: undefined, modern: -32021 } as const

function runsAsTaskOnly(direct: Reply | undefined): boolean {
  return /requires task augmentation/.test(direct?.text ?? "")
}

async function callAll(peer: Peer, calls: readonly ToolCall[], prefix: string): Promise<readonly Reply[]> {
  await rm(join(real.filesFolder, "notes"), { recursive: true, force: true })
  await layOutFiles(real.filesFolder)
  const replies: Reply[] = []
  for (const { tool, values } of calls) replies.push(await peer.tool(`${prefix}${tool}`, values))
  return replies
}

function assertSame({ tool, varies }: ToolCall, expected: Reply | undefined, answered: Reply | undefined): void {
  const seen = (reply: Reply | undefined): unknown => {
    const blank = (text: string | undefined): string | undefined =>
      varies ? text?.replaceAll(varies.where, "*") : text
    const { code, message } = reply?.error ?? {}
    return {
      content: blank(reply?.raw("content")),
      structured: blank(reply?.raw("structuredContent")),
      isError: reply?.raw("isError"),
      code,
      message,
    }
  }
  assert.deepEqual(seen(answered), seen(expected), `${tool}: ${answered?.text}`)
}

test("prompts and completions of the reference server are the same through the gateway", limit, async (t) => {
  const direct = await directly("everything-stdio")
  t.after(() => direct.close())
  for (const era of eras) {
    const client = await through(era)
    t.after(() => client.close())
    const prompts = await listNames(client, "prompts")
    for (const service of everythings) {
      const named = (await listNames(direct, "prompts")).map((name) => `${service}__${name}`)
      assert.deepEqual(
        named.filter((name) => !prompts.includes(name)),
        [],
      )
      await comparePrompts(direct, client, service)
      await compareCompletions(direct, client, service)
    }
  }
})

async function comparePrompts(direct: Peer, client: Peer, service: string): Promise<void> {
  const asked = [
    { name: "simple-prompt" },
    { name: "args-prompt", arguments: { city: "Köln", state: "NRW" } },
    { name: "completable-prompt", arguments: { department: "Sales", name: "Eve" } },
  ]
  for (const params of asked) {
    const expected = await direct.call("prompts/get", params)
    const answered = await client.call("prompts/get", { ...params, name: `${service}__${params.name}` })
    assert.ok(expected.raw("messages"), expected.text)
    assert.equal(answered.raw("messages"), expected.raw("messages"), answered.text)
  }
}

async function compareCompletions(direct: Peer, client: Peer, service: string): Promise<void> {
  const template = "demo://resource/dynamic/text/{resourceId}"
  const asked = [
    {
      own: { type: "ref/prompt", name: "completable-prompt" },
      shared: { type: "ref/prompt", name: `${service}__completable-prompt` },
      argument: { name: "department", value: "S" },
    },
    {
      own: { type: "ref/resource", uri: template },
      shared: { type: "ref/resource", uri: `mcp://${service}/${template}` },
      argument: { name: "resourceId", value: "7" },
    },
  ]
  for (const { own, shared, argument } of asked) {
    const expected = await direct.call("completion/complete", { ref: own, argument })
    const answered = await client.call("completion/complete", { ref: shared, argument })
    assert.ok(expected.raw("completion"), expected.text)
    assert.equal(answered.raw("completion"), expected.raw("completion"), answered.text)
  }
}

test(
  "every resource is read by its shared URI and, on its service's own endpoint, by its own",
  limit,
  async (t) => {
    const direct = await directly("everything-http")
    t.after(() => direct.close())
    const own = (await listNames(direct, "resources")).filter((uri) => uri.startsWith("demo://resource/static/"))
    assert.ok(own.length >= 7)
    for (const era of eras) {
      const client = await through(era)
      const mounted = await through(era, "/everything-http")
      t.after(() => Promise.all([client.close(), mounted.close()]))
      const listed = await listNames(client, "resources")
      for (const uri of own) {
        const shared = `mcp://everything-http/${uri}`
        const expected = (await direct.call("resources/read", { uri })).raw("contents")
        assert.ok(listed.includes(shared), shared)
        assert.equal((await client.call("resources/read", { uri: shared })).raw("contents"), expected)
        assert.equal((await mounted.call("resources/read", { uri })).raw("contents"), expected)
      }
    }
  },
)

test("an own URI reaches the only service that has it, and is refused where several have it", limit, async (t) => {
  const client = await through("modern")
  t.after(() => client.close())
  const graph = await client.call("resources/read", { uri: "memory://knowledge-graph" })
  const several = await client.call("resources/read", { uri: "demo://resource/static/document/features.md" })
  assert.ok(graph.raw("contents"), graph.text)
  assert.equal(several.error?.code, -32602)
  for (const service of everythings) assert.ok(several.error.message.includes(service), several.text)
})

test("a shared template expands to a resource that can be read", limit, async (t) => {
  for (const era of eras) {
    const client = await through(era)
    t.after(() => client.close())
    const templates = await listNames(client, "resources/templates")
    for (const service of everythings) {
      const template = `mcp://${service}/demo://resource/dynamic/text/{resourceId}`
      assert.ok(templates.includes(template), templates.join())
      const read = await client.call("resources/read", { uri: template.replace("{resourceId}", "12") })
      assert.match(read.raw("contents") ?? read.text, /Resource 12: This is a plaintext resource/)
    }
  }
})

test("progress is the same through the gateway, under the client's own token", limit, async (t) => {
  const long = { tool: "trigger-long-running-operation", values: { duration: 0.3, steps: 3 } }
  const steps = { tool: "slow", values: { steps: 4 } }
  const cases = {
    "everything-stdio": long,
    "everything-http": long,
    "everything-sse": long,
    socket: steps,
    websocket: steps,
  }
  for (const [service, { tool, values }] of Object.entries(cases)) {
    const direct = await directly(service)
    t.after(() => direct.close())
    await direct.tool(tool, values, { meta: { progressToken: "token 1" } })
    for (const era of eras) {
      const client = await through(era)
      t.after(() => client.close())
      await client.tool(`${service}__${tool}`, values, { meta: { progressToken: "token 1" } })
      assert.deepEqual(progressOf(client), progressOf(direct), `${service}, ${era}`)
      assert.ok(progressOf(client).length >= 3)
    }
  }
})

function progressOf({ heard }: Peer): readonly string[] {
  return heard
    .filter(({ method }) => method === "notifications/progress")
    .map(({ params }) => JSON.stringify(params))
}
