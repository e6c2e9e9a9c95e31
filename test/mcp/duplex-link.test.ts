import assert from "node:assert/strict"
import { test } from "node:test"
import { GatewayError } from "../../src/errors.ts"
import { noMembers, toRaw } from "../../src/mcp/raw-json.ts"
import {
  callTool,
  caller,
  child,
  connect,
  discovered,
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
const tokenOf = ({ params }: Said): unknown => (params?.["_meta"] as Record<string, unknown>)["progressToken"]
const isCall = ({ method }: Said): boolean => method === "tools/call"

test("number digits, key order and unknown members survive both ways", async (t) => {
  const bytes = '{"z":1,"a":12345678901234567890,"n":1.0}'
  const service = scripted(
    t,
    legacy(({ id }, say) =>
      say(`{"jsonrpc":"2.0","id":${id},"result":{"content":[],"z":{"big":12345678901234567890},"a":1e5}}`),
    ),
  )
  const link = await connect(t, service.target)
  const call = request(
    "tools/call",
    new Map([
      ["name", toRaw("x")],
      ["arguments", Buffer.from(bytes)],
    ]),
  )
  const answer = await link.handle(call, exchange())
  assert.equal(textOf(answer), '{"resultType":"complete","content":[],"z":{"big":12345678901234567890},"a":1e5}')
  assert.ok(service.bytes.at(-1)?.includes(`"arguments":${bytes}`))
})

test("two calls that use one progress token each hear of their own progress", async (t) => {
  const calls: Said[] = []
  const service = scripted(
    t,
    legacy((said, say) => {
      if (calls.push(said) < 2) return
      for (const call of calls)
        say(note("notifications/progress", { progressToken: tokenOf(call), progress: call.id }))
      say(note("notifications/progress", { progressToken: "nobody's", progress: 1 }))
      for (const call of calls.toReversed())
        say(result(call.id, { content: [{ type: "text", text: `answer ${call.id}` }] }))
    }),
  )
  const link = await connect(t, service.target)
  const [ann, bob] = [exchange(), exchange()]
  const answers = await Promise.all(
    [ann, bob].map((one) => link.handle(callTool("x", {}, { progressToken: toRaw(7) }), one)),
  )
  assert.notEqual(tokenOf(calls[0] ?? {}), tokenOf(calls[1] ?? {}))
  for (const [index, { heard }] of [ann, bob].entries()) {
    const { id } = calls[index] ?? {}
    assert.deepEqual(heard.map(heardAs), [
      { method: "notifications/progress", params: { progressToken: 7, progress: id } },
    ])
    assert.equal(firstText(answers[index] ?? { result: noMembers }), `answer ${id}`)
  }
})

test("an aborted call fails at once with its caller's reason, and the service is told", async (t) => {
  const service = scripted(
    t,
    legacy(() => {}),
  )
  const link = await connect(t, service.target)
  const gone = new AbortController()
  const reason = new GatewayError("timeout", "Too slow.")
  const call = link.handle(callTool("slow"), exchange({ signal: gone.signal }))
  const { id } = await service.until(isCall)
  gone.abort(reason)
  await assert.rejects(call, reason)
  const told = await service.until(({ method }) => method === "notifications/cancelled")
  assert.deepEqual(told.params, { requestId: id })
  await assert.rejects(link.handle(callTool("late"), exchange({ signal: gone.signal })), reason)
})

test("an answer that comes after its call was given up is dropped, and so is one to nothing", async (t) => {
  const service = scripted(
    t,
    legacy((said, say) => {
      if (said.method !== "notifications/cancelled")
        return said.params?.["name"] === "quick" && say(result(said.id, { content: [] }))
      say(result(said.params?.["requestId"], { content: [] }))
      say(result(999, {}))
      return say("not JSON at all")
    }),
  )
  const link = await connect(t, service.target)
  const gone = new AbortController()
  const call = link.handle(callTool("slow"), exchange({ signal: gone.signal }))
  await service.until(isCall)
  gone.abort("a reason that is no error of ours")
  await assert.rejects(call, { code: "invalid", message: "The caller cancelled the request." })
  assert.ok((await link.handle(callTool("quick"), exchange())).result)
})

test("a malformed answer fails its own call and no other", async (t) => {
  const service = scripted(
    t,
    legacy(({ id, params }, say) =>
      say(params?.["name"] === "bad" ? `{"jsonrpc":"2.0","id":${id},"result":7}` : result(id, {})),
    ),
  )
  const link = await connect(t, service.target)
  const [bad, good] = await Promise.allSettled(
    ["bad", "good"].map((name) => link.handle(callTool(name), exchange())),
  )
  assert.equal(bad?.status === "rejected" && (bad.reason as GatewayError).code, "service_unavailable")
  assert.equal(good?.status, "fulfilled")
})

test("the end of the service fails every open call at once and later ones before they are sent", async (t) => {
  const { target, pids } = child(t, "legacy/stdio.ts")
  const link = await connect(t, target)
  const progress = exchange()
  const calls = [
    callTool("test_tool_with_logging"),
    callTool("test_tool_with_progress", {}, { progressToken: toRaw(1) }),
  ]
  const open = calls.map((call) => link.handle(call, progress))
  await progress.until(1)
  process.kill(pids[0] ?? 0, "SIGKILL")
  for (const call of open) await assert.rejects(call, { code: "service_unavailable", detail: { sent: true } })
  assert.equal((await link.closed)?.code, "service_unavailable")
  await assert.rejects(link.handle(callTool("x"), exchange()), {
    code: "service_unavailable",
    detail: { sent: false },
  })
})

test("closing a link fails its calls, and it was not lost", async (t) => {
  const link = await connect(
    t,
    scripted(
      t,
      legacy(() => {}),
    ).target,
  )
  const call = link.handle(callTool("slow"), exchange())
  await Promise.all([assert.rejects(call, { code: "service_unavailable" }), link.close()])
  assert.equal(await link.closed, undefined)
})

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

test("a modern request carries the caller's own facts, and what describes our hop stays here", async (t) => {
  const service = scripted(t, (said, say) => {
    if (said.method === "server/discover") return say(result(said.id, discovered))
    return say(
      result(said.id, { content: [], _meta: { "io.modelcontextprotocol/serverInfo": { name: "s" }, kept: 1 } }),
    )
  })
  const link = await connect(t, service.target)
  const answer = await link.handle(
    callTool("x", {}, { logLevel: "error", meta: new Map([["traceparent", toRaw("00-1")]]) }),
    exchange(),
  )
  assert.equal(textOf(answer), '{"resultType":"complete","content":[],"_meta":{"kept":1}}')
  assert.deepEqual((await service.until(isCall)).params?.["_meta"], {
    traceparent: "00-1",
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": { elicitation: {}, sampling: {}, roots: {} },
    "io.modelcontextprotocol/clientInfo": { name: "caller", version: "1" },
    "io.modelcontextprotocol/logLevel": "error",
  })
})

test("refusals of our hop become ours, while a missing capability is the caller's business", async (t) => {
  const service = scripted(t, ({ id, method, params }, say) => {
    if (method === "server/discover") return say(result(id, discovered))
    return say(refusal(id, Number(params?.["name"]), { requiredCapabilities: { sampling: {} } }))
  })
  const link = await connect(t, service.target)
  for (const code of [-32020, -32022]) {
    await assert.rejects(link.handle(callTool(String(code)), exchange()), {
      code: "service_unavailable",
      detail: { rpc: code, sent: false },
    })
  }
  assert.equal((await link.handle(callTool("-32021"), exchange())).error?.code, -32021)
})
