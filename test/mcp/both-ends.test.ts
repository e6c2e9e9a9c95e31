import assert from "node:assert/strict"
import { test } from "node:test"
import { toRaw } from "../../src/mcp/raw-json.ts"
import { openHttpDoor } from "./server/door.ts"
import {
  callTool,
  caller,
  connect,
  exchange,
  firstText,
  heardAs,
  http,
  request,
  textOf,
} from "./client/link-kit.ts"

for (const [eraHint, found] of [
  [undefined, "modern"],
  ["legacy", "legacy"],
] as const) {
  test(`our client and our server understand each other in the ${found} era`, async (t) => {
    await using door = await openHttpDoor()
    const link = await connect(t, http(door.url), eraHint && { eraHint })
    assert.equal(link.facts.era, found)
    assert.equal(link.facts.info?.toString(), '{"name":"door","version":"1"}')
    const values = Buffer.from('{"b":12345678901234567890,"a":1.0}')
    const echo = request(
      "tools/call",
      new Map([
        ["name", toRaw("echo")],
        ["arguments", values],
      ]),
    )
    assert.ok(textOf(await link.handle(echo, exchange())).includes(`"structuredContent":${values.toString()}`))
    const one = exchange()
    await link.handle(callTool("progress", {}, { progressToken: toRaw("mine") }), one)
    assert.deepEqual(one.heard.map(heardAs), [
      { method: "notifications/progress", params: { progressToken: "mine", progress: 1 } },
    ])
    await link.ping(AbortSignal.timeout(5_000))
  })
}

test("a question crosses both ends in the legacy era", async (t) => {
  await using door = await openHttpDoor()
  const link = await connect(t, http(door.url), { eraHint: "legacy" })
  const ask = async () => ({ result: new Map([["action", toRaw("decline")]]) })
  const old = { ...caller, era: "legacy", revision: "2025-11-25" } as const
  assert.equal(firstText(await link.handle(callTool("ask", {}, { client: old }), exchange({ ask }))), '"decline"')
})
