/** What clients prove themselves with ends at the gateway: nothing of it reaches a service, on any transport. */
import assert from "node:assert/strict"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { root, start, urlIn, type Running } from "../support/process.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { perform } from "./operations.ts"
import { listNames, openPeer, textOf } from "./peer.ts"
import { startRecordingProxy, type RecordingProxy } from "./recording-proxy.ts"
import { echo } from "./services.ts"
import { ssePipe } from "./sse-pipe.ts"
import { stdioPipe } from "./stdio-pipe.ts"
import { webSocketPipe } from "./websocket-pipe.ts"

const limit = { timeout: 120_000 }
const password = "a password of some length, 42"
const ownToken = "token-of-the-service-itself"
const fixtures = {
  http: "legacy/http.ts",
  modern: "modern/http.ts",
  sse: "legacy/sse.ts",
  websocket: "websocket-server.ts",
}

let running: readonly Running[]
let proxies: Readonly<Record<string, RecordingProxy>>
let gateway: TestGateway

before(async () => {
  running = await Promise.all(
    Object.values(fixtures).map((file) =>
      start({ args: [`test/fixtures/${file}`], env: { PORT: "0" }, ready: /^listening / }),
    ),
  )
  const names = Object.keys(fixtures)
  const opened = await Promise.all(
    running.map(async ({ line }, index) => [names[index], await startRecordingProxy(urlIn(line))] as const),
  )
  proxies = Object.fromEntries(opened)
  const headers = { authorization: "Bearer ${secret:SERVICE_TOKEN}" }
  const remote = Object.entries(proxies).map(([name, { url }]) => [name, { url, headers }])
  const env = { MCP_META_SECRET_SERVICE_TOKEN: ownToken, PRIVATE_TO_THE_GATEWAY: "private-to-the-gateway" }
  gateway = await startGateway({ services: { ...Object.fromEntries(remote), child: echo }, env })
}, limit)

after(async () => {
  await gateway?.stop()
  await Promise.all(Object.values(proxies).map((proxy) => proxy.close()))
  await Promise.all(running.map((fixture) => fixture.stop()))
})

test("SEC-09 no service sees a credential of a client, and each sees its own", limit, async (t) => {
  const everything = { allow: ["*"] }
  const admin = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  await perform(admin, "create_principal", { name: "ann", kind: "human", grants: { tools: everything }, password })
  const { key } = (await perform(admin, "create_key", { principal: "ann" })) as { key: string }
  const basic = Buffer.from(`ann:${password}`).toString("base64")
  const besides = {
    "proxy-authorization": `Bearer ${key}`,
    "x-auth-token": key,
    cookie: `__Host-session=${key}`,
    forwarded: `for=${key}`,
    "x-forwarded-user": key,
  }
  const folders = ["--data", join(gateway.folder, "data"), "--servers", join(gateway.folder, "servers.d")]
  const stdioFront = [join(root, "bin/mcp-meta.mjs"), "stdio", ...folders]
  const credentials = [
    bearer(key),
    { "x-api-key": key },
    { authorization: `Basic ${basic}` },
    { ...bearer(key), cookie: `session=${key}` },
    { ...bearer(key), ...besides },
  ]
  const clients = await Promise.all([
    ...credentials.flatMap((headers) =>
      (["legacy", "modern"] as const).map((era) => openPeer(httpPipe(gateway.url, headers), { era })),
    ),
    ...[
      { ...bearer(key), ...besides },
      { "x-api-key": key, ...besides },
    ].flatMap((headers) => [
      ssePipe(`${gateway.origin}/sse`, headers).then((pipe) => openPeer(pipe, { era: "legacy" })),
      webSocketPipe(gateway.url, headers).then((pipe) => openPeer(pipe, { era: "legacy" })),
    ]),
    openPeer(stdioPipe({ args: stdioFront, env: { MCP_META_KEY: key } }), { era: "legacy" }),
  ])
  t.after(() => Promise.all([admin, ...clients].map((client) => client.close())))

  let surroundings = ""
  for (const client of clients) {
    assert.ok((await listNames(client)).includes("websocket__echo"))
    for (const service of ["http", "modern", "sse"])
      assert.match(textOf(await client.tool(`${service}__test_simple_text`)), /simple text/)
    assert.equal(textOf(await client.tool("websocket__echo", { message: "hello" })), "hello")
    surroundings += textOf(await client.tool("child__environment"))
  }

  const secrets = [
    key,
    gateway.key,
    password,
    basic,
    Buffer.from(key).toString("base64"),
    key.split("_")[2] ?? "?",
  ]
  for (const [name, proxy] of Object.entries(proxies)) {
    const sent = proxy.sent()
    assert.ok(sent.includes(`Bearer ${ownToken}`), `${name} gets its own token`)
    for (const secret of secrets) assert.ok(!sent.includes(secret), `${name} was sent a credential`)
    assert.doesNotMatch(sent, /x-api-key|cookie|proxy-auth|x-auth|forwarded/i, name)
  }
  for (const secret of [...secrets, ownToken, "private-to-the-gateway", "MCP_META"])
    assert.ok(!surroundings.includes(secret), secret)
})

test("SEC-03 neither the log nor any answer shows a secret of a service's definition", limit, async (t) => {
  const admin = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  t.after(() => admin.close())
  const shown = []
  for (const name of Object.keys(fixtures))
    shown.push(
      await perform(admin, "get_server_details", { name }),
      await perform(admin, "diagnose_service", { name }),
    )
  assert.ok(!JSON.stringify(shown).includes(ownToken))
  assert.ok(!gateway.process.stderr().includes(ownToken))
})
