import assert from "node:assert/strict"
import { request } from "node:http"
import { test } from "node:test"
import { GatewayError } from "../../../src/errors.ts"
import { passedOn } from "../../../src/mcp/large-members.ts"
import type { Exchange, Handler } from "../../../src/mcp/message.ts"
import { noMembers, toRaw, toRawObject } from "../../../src/mcp/raw-json.ts"
import { openHttpDoor } from "./door.ts"

const meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
}
const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "t", _meta: meta } })
const headers = {
  "content-type": "application/json",
  "mcp-method": "tools/call",
  "mcp-name": "t",
  "mcp-protocol-version": "2026-07-28",
}

/** What a client gets whose call is answered so; rejects where the connection is cut. */
async function ask(handle: Handler): Promise<string> {
  await using door = await openHttpDoor({ handle })
  return await new Promise((resolve, reject) => {
    const sent = request(door.url, { method: "POST", headers }, (response) => {
      response.toArray().then((chunks: Buffer[]) => resolve(Buffer.concat(chunks).toString()), reject)
    })
    sent.once("error", reject)
    sent.end(body)
  })
}

function pass(exchange: Exchange, name: string, value: string): void {
  const large = exchange.large?.()
  assert.ok(large)
  large.begin(name)
  large.write(Buffer.from(value))
}

const rest = (members: object = {}) => toRawObject({ resultType: "complete", ...members })

test("what went ahead and what follows are one answer", async () => {
  const text = await ask(async (_, exchange) => {
    const large = exchange.large?.()
    large?.begin("content")
    large?.write(Buffer.from("[1.0"))
    large?.write(Buffer.from("]"))
    large?.begin('a"b')
    large?.write(Buffer.from("2"))
    exchange.notify({ method: "notifications/message", params: noMembers })
    return { result: new Map([...rest(), ["content", passedOn], ["isError", toRaw(false)], ['a"b', passedOn]]) }
  })
  const signed = '"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"door","version":"1"}}'
  const result = `{"content":[1.0],"a\\"b":2,"resultType":"complete","isError":false,${signed}}`
  assert.equal(text, `{"jsonrpc":"2.0","id":1,"result":${result}}`)
})

test("an answer that does not go with what went ahead is never made whole", async () => {
  const others: readonly Handler[] = [
    async (_, exchange) => {
      pass(exchange, "content", "[]")
      throw new GatewayError("audit_unavailable", "The end cannot be recorded.")
    },
    async (_, exchange) => {
      pass(exchange, "content", "[]")
      return { result: rest({ content: [] }) }
    },
    async (_, exchange) => {
      pass(exchange, "content", "[]")
      return { result: new Map([...rest(), ["structuredContent", passedOn]]) }
    },
    async (_, exchange) => {
      pass(exchange, "content", "[]")
      return { error: { code: 1, message: "no" } }
    },
  ]
  for (const handle of others) await assert.rejects(ask(handle), /aborted|hang up|ECONNRESET/)
})

test("after a message ahead of the answer, and where nothing went ahead, it comes whole", async () => {
  const late = await ask(async (_, exchange) => {
    exchange.notify({ method: "notifications/message", params: noMembers })
    assert.equal(exchange.large?.(), undefined)
    return { result: rest({ content: [] }) }
  })
  assert.match(late, /^event: message\ndata: [^]*"content":\[\]/)
  const unused = await ask(async (_, exchange) => {
    assert.ok(exchange.large?.())
    return { result: rest({ content: [] }) }
  })
  assert.match(unused, /"content":\[\]/)
})
