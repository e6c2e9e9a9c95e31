/** What crosses the gateway beside calls: methods of services' own, hints for caches, traces, the pages of MCP Apps. */
import assert from "node:assert/strict"
import { after, before, test, type TestContext } from "node:test"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { start, urlIn, type Running } from "../support/process.ts"
import { createAgent } from "../support/rest.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { listNames, openPeer, textOf, type Peer, type PeerOptions } from "./peer.ts"
import { perform } from "./operations.ts"
import { say, startService, type ScriptedService } from "./scripted-service.ts"

const limit = { timeout: 120_000 }
const legacy = { era: "legacy" } as const
const passthrough = ["fixture/*"]

let fixtures: readonly Running[]
let scripted: ScriptedService
let gateway: TestGateway
let key: string

before(async () => {
  scripted = await startService({
    tools: [{ name: "only_here", run: () => say("here") }, { name: "test_simple_text" }],
  })
  fixtures = await Promise.all(
    ["modern", "legacy"].map((era) =>
      start({ args: [`test/fixtures/${era}/http.ts`], env: { PORT: "0" }, ready: /^listening / }),
    ),
  )
  const [modern, elder] = fixtures.map(({ line }) => ({ url: urlIn(line), passthrough }))
  gateway = await startGateway({ services: { modern, elder, scripted: { url: scripted.url } } })
  key = await createAgent(gateway, "ann", {
    tools: { allow: ["*"], deny: ["elder__test_simple_text"] },
    resources: { allow: ["*"] },
    prompts: { allow: ["*"] },
  })
  const client = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  await listNames(client) // waits until all were heard
  await client.close()
}, limit)

after(async () => {
  await gateway?.stop()
  await scripted?.close()
  await Promise.all((fixtures ?? []).map((fixture) => fixture.stop()))
})

async function join(t: TestContext, options: PeerOptions = {}, mount = "", who = key): Promise<Peer> {
  const peer = await openPeer(httpPipe(gateway.url + mount, bearer(who)), options)
  t.after(() => peer.close())
  return peer
}

test("a service's own method passes through within its era, as its file lets it", limit, async (t) => {
  for (const [options, mount] of [
    [{}, ""],
    [{}, "/modern"],
    [legacy, ""],
    [legacy, "/elder"],
  ] as const) {
    const peer = await join(t, options, mount)
    const { result, text } = await peer.call("fixture/echo", { exact: [1, { a: null }] })
    assert.ok(result, text)
    assert.deepEqual((result["params"] as Record<string, unknown>)["exact"], [1, { a: null }])
    assert.equal(result["ttlMs"], "era" in options ? "kept" : undefined)
  }
})

test("a method that no file lets through, of another era, or that is not granted is unknown", limit, async (t) => {
  const denied = await createAgent(gateway, "bob", { tools: { allow: ["*"], deny: ["*fixture/*"] } })
  const unknown: readonly (readonly [Peer, string])[] = [
    [await join(t), "vendor/other"],
    [await join(t, {}, "/elder"), "fixture/echo"],
    [await join(t, {}, "/scripted"), "fixture/echo"],
    [await join(t, {}, "", denied), "fixture/echo"],
    [await join(t, legacy), "tasks/update"],
    [await join(t), "logging/setLevel"],
  ]
  for (const [peer, method] of unknown) assert.equal((await peer.call(method)).error?.code, -32601, method)
  const admin = await join(t, {}, "", gateway.key)
  const { entries } = await perform(admin, "audit_query", { limit: 1_000 })
  const targets = (entries as Record<string, unknown>[]).map(({ target }) => target)
  assert.ok(targets.includes("modern__fixture/echo") && targets.includes("elder__fixture/echo"), targets.join())
})

test("lists may be kept as long as the least of their parts, and by nobody else", limit, async (t) => {
  const hints = async (mount: string, who = key): Promise<readonly unknown[]> => {
    const { result } = await (await join(t, {}, mount, who)).call("tools/list")
    return [result?.["ttlMs"], result?.["cacheScope"]]
  }
  assert.deepEqual(await hints("/modern"), [60_000, "private"])
  assert.deepEqual(await hints("/elder"), [0, "private"])
  assert.deepEqual(await hints(""), [0, "private"])
  const few = await createAgent(gateway, "cat", { tools: { allow: ["modern__*"] } })
  assert.deepEqual(await hints("", few), [60_000, "private"])
})

test("a resource is kept by whom it was read for, whatever its service says", limit, async (t) => {
  const read = async (mount: string): Promise<readonly unknown[]> => {
    const peer = await join(t, {}, mount)
    const [uri = ""] = await listNames(peer, "resources")
    const { result, text } = await peer.call("resources/read", { uri })
    assert.ok(result, text)
    return [result["ttlMs"], result["cacheScope"]]
  }
  assert.deepEqual(await read("/modern"), [1_000, "private"])
  assert.deepEqual(await read("/elder"), [0, "private"])
})

test("a trace goes on, and one that nobody began begins here and is on record", limit, async (t) => {
  const peer = await join(t)
  const given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
  await peer.tool("only_here", {}, { meta: { traceparent: given, tracestate: "a=1" } })
  await peer.tool("only_here", {}, { meta: { traceparent: "nonsense", tracestate: "a=1" } })
  await peer.tool("only_here")
  const traces = scripted.seen
    .filter(({ message }) => message.method === "tools/call")
    .map(({ message }) => message.params?.["_meta"] as Record<string, string | undefined>)
    .slice(-3)
  assert.deepEqual([traces[0]?.["traceparent"], traces[0]?.["tracestate"]], [given, "a=1"])
  const ids = traces.map((meta) => /^00-([0-9a-f]{32})-[0-9a-f]{16}-01$/.exec(meta["traceparent"] ?? "")?.[1])
  assert.equal(new Set(ids).size, 3, ids.join())
  assert.equal(traces[1]?.["tracestate"], undefined)
  const admin = await join(t, {}, "", gateway.key)
  const { entries } = await perform(admin, "audit_query", { limit: 1_000 })
  const recorded = new Set((entries as Record<string, unknown>[]).map(({ traceId }) => traceId))
  assert.ok(ids.every((id) => recorded.has(id)))
})

test("a bare name means the one tool of that name that its caller may use", limit, async (t) => {
  const peer = await join(t)
  assert.equal(textOf(await peer.tool("only_here")), "here")
  const { error } = await peer.tool("test_simple_text")
  assert.match(error?.message ?? "", /could be modern__test_simple_text or scripted__test_simple_text/)
  assert.ok(!error?.message.includes("elder"), "what is denied is not named")
  assert.equal((await peer.tool("no_such_tool")).error?.code, -32602)
})

test("a client's settings of extensions go on to a modern service", limit, async (t) => {
  const extensions = { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] } }
  const peer = await join(t, { capabilities: { extensions } })
  await peer.tool("only_here")
  const meta = scripted.seen.at(-1)?.message.params?.["_meta"] as Record<string, Record<string, unknown>>
  assert.deepEqual(meta["io.modelcontextprotocol/clientCapabilities"]?.["extensions"], extensions)
})

test("completion with what was said before works in all four cells", limit, async (t) => {
  for (const options of [{}, legacy]) {
    for (const service of ["modern", "elder"]) {
      const peer = await join(t, options)
      const ref = { type: "ref/prompt", name: `${service}__test_prompt_with_arguments` }
      const argument = { name: "arg1", value: "par" }
      const { result, text } = await peer.call("completion/complete", {
        ref,
        argument,
        context: { arguments: { arg2: "x" } },
      })
      assert.ok(result?.["completion"], text)
      assert.equal("resultType" in result, !("era" in options))
    }
  }
})
