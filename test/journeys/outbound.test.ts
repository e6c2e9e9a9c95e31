/**
 * What a running gateway connects to: nothing that its services may not be at, through any door and after a restart, no
 * proxy of the environment, and what is allowed from each of its processes.
 */

import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { test } from "node:test"
import { listenCounting } from "../fleet/links/counting-listeners.ts"
import { root } from "../support/process.ts"
import { rest } from "../support/rest.ts"
import { administratorOf, gatewayFor } from "./administrator.ts"
import { eventually } from "./eventually.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { listNames, openPeer } from "./peer.ts"
import { say, startService } from "./scripted-service.ts"

const limit = { timeout: 120_000 }
/** This machine, in forms that a reader of URLs might take for another. */
const inward = ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "localhost"]

test(
  "SSRF-01 SSRF-08 no door lets an editor reach this machine, and what is saved is held to it after a restart",
  limit,
  async (t) => {
    const { port, reached } = await listenCounting(t, ["127.0.0.1", "::1"])
    const gateway = await gatewayFor(t, { args: ["--outbound-http"] })
    await rest(gateway, "POST", "/principals", {
      name: "ed",
      kind: "human",
      grants: { permissions: ["configure"] },
    })
    const made = (await rest(gateway, "POST", "/keys", { principal: "ed" })).body as { key: string }
    const editor = { origin: gateway.origin, key: made.key }
    const peer = await openPeer(httpPipe(gateway.url, bearer(made.key)))
    t.after(() => peer.close())
    const urls = [...inward.map((host) => `http://${host}:${port}/mcp`), `${gateway.origin}/mcp`]
    for (const [index, url] of urls.entries()) {
      const { status, body } = await rest(editor, "POST", "/services", { name: `rest-${index}`, url })
      assert.equal(status, 400, `${url}: ${JSON.stringify(body)}`)
      const { text } = await peer.tool("register_service", { name: `mcp-${index}`, url })
      assert.match(text, /not public/, url)
    }
    assert.match(await registerByCommand(editor, `http://127.0.0.1:${port}/mcp`), /not public/)
    await rest(editor, "POST", "/services", {
      name: "near",
      enabled: false,
      url: `http://inner.localhost.example:${port}/`,
    })
    const file = join(gateway.folder, "servers.d", "near.json")
    const saved = JSON.parse(await readFile(file, "utf8")) as object
    assert.deepEqual((saved as { network?: unknown }).network, { allow: ["public"] })
    await gateway.drop("near", { ...saved, enabled: true, url: `http://127.0.0.1:${port}/mcp` })
    await gateway.restart()
    await eventually("it is told why it is down", async () => {
      const { body } = await rest(gateway, "GET", "/services/near")
      return JSON.stringify(body).includes("not public")
    })
    assert.deepEqual(reached, [])
    t.diagnostic(
      JSON.stringify({ id: "SSRF", doors: ["MCP", "REST", "CLI"], attempts: 2 * urls.length + 1, reached: 0 }),
    )
  },
)

test("SSRF-15 no proxy of the environment is used", limit, async (t) => {
  const proxy = await listenCounting(t, ["127.0.0.1"])
  const direct = await listenCounting(t, ["127.0.0.1"])
  const service = await startService({ tools: [{ name: "greet", run: () => say("hello") }] })
  t.after(() => service.close())
  const url = `http://127.0.0.1:${proxy.port}`
  const names = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]
  const gateway = await gatewayFor(t, {
    env: {
      ...Object.fromEntries(names.map((name) => [name, url])),
      NODE_USE_ENV_PROXY: "1",
      MCP_META_AUDIT_WEBHOOK_URL: `http://127.0.0.1:${direct.port}/`,
      MCP_META_AUDIT_WEBHOOK_SECRET: "a long and secret text",
    },
    services: {
      near: { url: service.url },
      old: { type: "sse", url: `http://127.0.0.1:${direct.port}/sse` },
      secure: { url: `https://127.0.0.1:${direct.port}/mcp` },
      socket: { url: `ws://127.0.0.1:${direct.port}/` },
    },
  })
  const admin = await administratorOf(t, gateway)
  assert.match((await admin.tool("near__greet")).text, /"hello"/)
  await eventually("the others were dialled", () => direct.reached.length >= 4)
  assert.deepEqual(proxy.reached, [])
})

test("SSRF-13 what a file allows is reached from every process of a gateway", limit, async (t) => {
  const service = await startService({ tools: [{ name: "greet", run: () => say("hello") }] })
  t.after(() => service.close())
  const { port } = new URL(service.url)
  const { reached } = await listenCounting(t, ["127.0.0.2"], Number(port))
  const network = { allow: ["127.0.0.1/32", "::1"], http: true }
  const gateway = await gatewayFor(t, {
    args: ["--workers", "2"],
    services: {
      named: { url: `http://localhost:${port}/mcp`, network },
      numbered: { url: service.url, network },
      other: { url: `http://127.0.0.2:${port}/mcp`, network },
    },
  })
  const admin = await administratorOf(t, gateway)
  await eventually("both are listed", async () => {
    const names = await listNames(admin)
    return names.includes("named__greet") && names.includes("numbered__greet")
  })
  for (const name of ["named", "numbered"])
    for (let turn = 0; turn < 8; turn++) assert.match((await admin.tool(`${name}__greet`)).text, /"hello"/)
  assert.deepEqual(reached, [])
})

/** @returns what it complains of */
async function registerByCommand({ origin, key }: { origin: string; key: string }, url: string): Promise<string> {
  const words = ["--url", origin, "register_service", "--name", "cli", "--url", url]
  const command = spawn(process.execPath, [join(root, "bin/mcp-meta.mjs"), ...words], {
    env: { ...process.env, MCP_META_KEY: key },
    stdio: ["ignore", "ignore", "pipe"],
  })
  return text(command.stderr)
}
