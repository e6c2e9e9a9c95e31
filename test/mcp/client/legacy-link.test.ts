import assert from "node:assert/strict"
import { test } from "node:test"
import { noMembers, toRaw } from "../../../src/mcp/raw-json.ts"
import {
  callTool,
  caller,
  connect,
  exchange,
  firstText,
  heardAs,
  initialized,
  legacy,
  refusal,
  request,
  result,
  scripted,
  textOf,
  type Said,
} from "./link-kit.ts"

const note = (method: string, params: object): string => JSON.stringify({ jsonrpc: "2.0", method, params })

test("a log message on a shared pipe reaches the only call it can belong to, from the level it asked for", async (t) => {
  const calls: Said[] = []
  const log = (level: string): string => note("notifications/message", { level, data: level })
  const service = scripted(
    t,
    legacy((said, say) => {
      if (said.method === "logging/setLevel") return say(result(said.id, {}))
      if (said.params?.["name"] === "alone") {
        for (const level of ["debug", "info", "error"]) say(log(level))
        return say(result(said.id, {}))
      }
      if (calls.push(said) < 2) return undefined
      say(log("error"))
      return calls.forEach(({ id }) => say(result(id, {})))
    }),
  )
  const link = await connect(t, service.target)
  const heardBy = async (more: object): Promise<unknown[]> => {
    const one = exchange()
    await link.handle(callTool("alone", {}, more), one)
    return one.heard.map(({ params }) => params.get("level")?.toString())
  }
  const old = { ...caller, era: "legacy", revision: "2025-06-18" } as const
  assert.deepEqual(await heardBy({}), [])
  assert.deepEqual(await heardBy({ client: old }), ['"debug"', '"info"', '"error"'])
  assert.deepEqual(await heardBy({ logLevel: "info" }), ['"info"', '"error"'])
  const both = [exchange(), exchange()]
  await Promise.all(both.map((one) => link.handle(callTool("together", {}, { logLevel: "warning" }), one)))
  assert.deepEqual(
    both.map(({ heard }) => heard.length),
    [0, 0],
  )
  await heardBy({ logLevel: "debug" })
  const levels = service.said
    .filter(({ method }) => method === "logging/setLevel")
    .map(({ params }) => params?.["level"])
  assert.deepEqual(levels, ["info", "debug"])
})

test("a question of the service reaches the caller of the only call open, or is refused at once", async (t) => {
  const waiting: Said[] = []
  const service = scripted(
    t,
    legacy((said, say) => {
      if (said.id !== undefined && said.method === undefined) {
        const text = JSON.stringify(said["result"] ?? said["error"])
        return waiting.splice(0).forEach(({ id }) => say(result(id, { content: [{ type: "text", text }] })))
      }
      if (said.method !== "tools/call" || waiting.push(said) < Number(said.params?.["name"])) return undefined
      return say(
        JSON.stringify({ jsonrpc: "2.0", id: "q", method: "elicitation/create", params: { message: "Name?" } }),
      )
    }),
  )
  const link = await connect(t, service.target)
  const asked: string[] = []
  const ask = async ({ method, params }: { method: string; params: ReadonlyMap<string, Buffer> }) => {
    asked.push(`${method} ${params.get("message")?.toString()}`)
    return {
      result: new Map([
        ["resultType", toRaw("complete")],
        ["action", toRaw("accept")],
      ]),
    }
  }
  assert.equal(firstText(await link.handle(callTool("1"), exchange({ ask }))), '{"action":"accept"}')
  assert.deepEqual(asked, ['elicitation/create "Name?"'])
  const refused = '{"code":-32601,"message":"The client behind this call does not support elicitation/create."}'
  assert.equal(firstText(await link.handle(callTool("1"), exchange())), refused)
  const both = await Promise.all([exchange({ ask }), exchange()].map((one) => link.handle(callTool("2"), one)))
  assert.deepEqual(both.map(firstText), [refused, refused])
  assert.equal(asked.length, 1)
  const plain = await connect(t, service.target, { capabilities: noMembers })
  assert.equal(firstText(await plain.handle(callTool("1"), exchange({ ask }))), refused)
})

test("a ping of the service is answered, whoever is there", async (t) => {
  const service = scripted(
    t,
    legacy(
      ({ id, method }, say) => method === "tools/list" && say(`{"jsonrpc":"2.0","id":"p-${id}","method":"ping"}`),
    ),
  )
  const link = await connect(t, service.target)
  const call = link.handle(request("tools/list"), exchange())
  call.catch(() => {})
  const answer = await service.until(({ id, method }) => method === undefined && String(id).startsWith("p-"))
  assert.deepEqual(answer["result"], {})
})

test("a legacy service is discovered from what it said at the start, and its absent resources are named in modern codes", async (t) => {
  const service = scripted(
    t,
    legacy(({ id }, say) => say(refusal(id, -32002, { uri: "x:y" }))),
  )
  const link = await connect(t, service.target)
  const sent = service.said.length
  const answer = await link.handle(request("server/discover"), exchange())
  assert.equal(service.said.length, sent)
  assert.deepEqual(JSON.parse(textOf(answer)), {
    resultType: "complete",
    supportedVersions: ["2026-07-28"],
    capabilities: initialized.capabilities,
    ttlMs: 0,
    cacheScope: "private",
  })
  assert.equal((await link.handle(request("resources/read", { uri: "x:y" }), exchange())).error?.code, -32602)
})

test("subscriptions of one link share what they subscribe to, and the last one gives it back", async (t) => {
  const service = scripted(
    t,
    legacy(({ id, method, params }, say) => {
      if (method === "resources/subscribe" && params?.["uri"] === "bad:1") return say(refusal(id, -32602))
      if (id !== undefined) say(result(id, {}))
      return method === "tools/call" && say(note("notifications/resources/updated", { uri: "a:1/part" }))
    }),
  )
  const link = await connect(t, service.target)
  const listen = (uris: string[]) => {
    const stop = new AbortController()
    const heard = exchange({ signal: stop.signal })
    const notifications = { promptsListChanged: true, resourceSubscriptions: uris }
    const ended = link.handle(request("subscriptions/listen", { notifications }), heard)
    return { heard, ended, stop: () => stop.abort() }
  }
  const [one, two] = [listen(["a:1", "bad:1"]), listen(["a:1"])]
  await Promise.all([one.heard.until(1), two.heard.until(1)])
  assert.deepEqual(one.heard.heard.map(heardAs), [
    {
      method: "notifications/subscriptions/acknowledged",
      params: { notifications: { resourceSubscriptions: ["a:1"] } },
    },
  ])
  await link.handle(callTool("x"), exchange())
  assert.deepEqual([(await one.heard.until(2)).length, (await two.heard.until(2)).length], [2, 2])
  const steps = (): unknown[] =>
    service.said
      .filter(({ method }) => method?.startsWith("resources/"))
      .map(({ method, params }) => `${method} ${String(params?.["uri"])}`)
  one.stop()
  await one.ended
  assert.deepEqual(steps(), ["resources/subscribe a:1", "resources/subscribe bad:1"])
  two.stop()
  await two.ended
  await service.until(({ method }) => method === "resources/unsubscribe")
  assert.deepEqual(steps().slice(2), ["resources/unsubscribe a:1"])
  const third = listen(["a:1"])
  await third.heard.until(1)
  assert.deepEqual(steps().slice(3), ["resources/subscribe a:1"])
  await link.close()
  await assert.rejects(third.ended, { code: "service_unavailable" })
})

test("a legacy result cannot pass for one of another type", async (t) => {
  const service = scripted(
    t,
    legacy(({ id }, say) => say(result(id, { resultType: "input_required", inputRequests: {} }))),
  )
  const link = await connect(t, service.target)
  assert.equal(
    textOf(await link.handle(callTool("x"), exchange())),
    '{"resultType":"complete","inputRequests":{}}',
  )
})

test("an update is told to who subscribed to the resource or to what it is a part of", async (t) => {
  const service = scripted(
    t,
    legacy(({ id, method }, say) => {
      if (id !== undefined) say(result(id, {}))
      if (method !== "tools/call") return
      for (const uri of ["a:1", "a:12", "a:1/part", "a:1#part", "a:1?q", "b:/x", "b:/"])
        say(note("notifications/resources/updated", { uri }))
    }),
  )
  const link = await connect(t, service.target)
  const stop = new AbortController()
  const heard = exchange({ signal: stop.signal })
  const notifications = { resourceSubscriptions: ["a:1", "b:/"] }
  const ended = link.handle(request("subscriptions/listen", { notifications }), heard)
  await heard.until(1)
  await link.handle(callTool("x"), exchange())
  const uris = (await heard.until(7)).slice(1).map(({ params }) => params.get("uri")?.toString())
  assert.deepEqual(uris, ['"a:1"', '"a:1/part"', '"a:1#part"', '"a:1?q"', '"b:/x"', '"b:/"'])
  stop.abort()
  await ended
})
