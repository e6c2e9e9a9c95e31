/** RES-06: a gateway that has too much to do refuses what is new to it, says so, and is well again afterwards. */

import assert from "node:assert/strict"
import { once } from "node:events"
import { request as send, type IncomingMessage } from "node:http"
import { text } from "node:stream/consumers"
import { test } from "node:test"
import { eventually } from "../../journeys/eventually.ts"
import { modernRevision } from "../../journeys/peer.ts"
import { startGateway, type TestGateway } from "../../support/gateway.ts"

const limit = { timeout: 120_000 }
/** Less memory than any process has: as overloaded as can be. */
const full = ["--overload-rss-bytes", "1"]

type Answer = { readonly status: number; readonly headers: IncomingMessage["headers"]; readonly body: string }
type Asked = { readonly path: string; readonly body?: object }

async function ask({ origin, key }: TestGateway, { path, body }: Asked): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": modernRevision,
    "mcp-method": "tools/list",
  }
  const how = { method: body ? "POST" : "GET", headers, agent: false }
  const sending = send(`${origin}${path}`, how).end(body && JSON.stringify(body))
  const [answer] = (await once(sending, "response")) as [IncomingMessage]
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) }
}

type Readiness = { readonly status: string; readonly load?: { readonly level: number; readonly shed: object } }

async function readinessOf(gateway: TestGateway): Promise<Readiness> {
  return JSON.parse((await ask(gateway, { path: "/readiness" })).body) as Readiness
}

const list = {
  jsonrpc: "2.0",
  id: 1,
  method: "tools/list",
  params: {
    _meta: {
      "io.modelcontextprotocol/protocolVersion": modernRevision,
      "io.modelcontextprotocol/clientCapabilities": {},
    },
  },
}

for (const [what, args] of [
  ["one process", []],
  ["two workers", ["--workers", "2"]],
] as const) {
  test(`RES-06 at the last level new connections are refused, and health is told: ${what}`, limit, async (t) => {
    const gateway = await startGateway({ args: [...full, ...args] })
    t.after(() => gateway.stop())
    await eventually("it is as overloaded as can be", async () => (await readinessOf(gateway)).load?.level === 3)
    const { status, body } = await ask(gateway, { path: "/readiness" })
    assert.equal(status, 503)
    assert.match(body, /"status":"not ready","reason":"The gateway is overloaded: .*overload\.rssBytes/)
    for (const path of ["/health", "/liveness"]) assert.equal((await ask(gateway, { path })).status, 200, path)
    await eventually(
      "all have heard",
      async () => (await ask(gateway, { path: "/mcp", body: list })).status === 503,
    )
    const refused = await ask(gateway, { path: "/mcp", body: list })
    assert.equal(refused.headers.connection, "close")
    assert.match(refused.body, /takes no new connections.*overload\.rssBytes/)
    const wait = Number(refused.headers["retry-after"])
    assert.ok(wait >= 1 && wait <= 5, `Retry-After: ${wait}`)
    await eventually("it is counted", async () => {
      const { load } = await readinessOf(gateway)
      return ((load?.shed as { connections: number } | undefined)?.connections ?? 0) > 2
    })
  })
}
