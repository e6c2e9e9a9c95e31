import assert from "node:assert/strict"
import { test } from "node:test"
import { GatewayError } from "../../../src/errors.ts"
import { noMembers, toRaw } from "../../../src/mcp/raw-json.ts"
import {
  callTool,
  child,
  connect,
  exchange,
  firstText,
  heardAs,
  legacy,
  request,
  result,
  scripted,
  textOf,
  type Said,
} from "./link-kit.ts"

const note = (method: string, params: object): string => JSON.stringify({ jsonrpc: "2.0", method, params })
const tokenOf = ({ params = {} }: Said): unknown => (params["_meta"] as Record<string, unknown>)["progressToken"]
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
