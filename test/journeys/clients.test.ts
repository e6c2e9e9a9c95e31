/** The clients that people have: each lists the example service and calls it, over every transport it speaks. */
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { promisify } from "node:util"
import { Client as ModernClient, StreamableHTTPClientTransport as ModernHttp } from "@modelcontextprotocol/client"
import { StdioClientTransport as ModernStdio } from "@modelcontextprotocol/client/stdio"
import { Client as LegacyClient } from "@modelcontextprotocol/sdk/client/index.js"
import { SSEClientTransport } from "@modelcontextprotocol/sdk/client/sse.js"
import { StdioClientTransport as LegacyStdio } from "@modelcontextprotocol/sdk/client/stdio.js"
import { StreamableHTTPClientTransport as LegacyHttp } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { root } from "../support/process.ts"
import { bearer } from "./http-pipe.ts"
import { openWebSocketTransport } from "./websocket-transport.ts"
import { hello } from "./services.ts"

const limit = { timeout: 120_000 }
const info = { name: "journey", version: "1.0.0" }
const run = promisify(execFile)

let gateway: TestGateway
let home: string

before(async () => {
  home = await mkdtemp(join(tmpdir(), "journey-home-"))
  gateway = await startGateway({ services: { hello } })
})

after(async () => {
  await gateway?.stop()
  await rm(home, { recursive: true, force: true })
})

test("the inspector lists and calls in both eras", limit, async () => {
  const call = ["--method", "tools/call", "--tool-name", "hello__add", "--tool-arg", "a=2", "--tool-arg", "b=3"]
  const [listed, ...called] = await Promise.all([
    inspect("--method", "tools/list"),
    inspect("--protocol-era", "legacy", ...call),
    inspect("--protocol-era", "modern", ...call),
  ])
  const names = (JSON.parse(listed) as Listed).result.tools.map(({ name }) => name)
  assert.ok(names.includes("hello__add") && names.includes("register_service"), listed)
  for (const text of called) assert.deepEqual((JSON.parse(text) as Called).result.structuredContent, { sum: 5 })
})

test("a legacy client works over Streamable HTTP", limit, () =>
  withLegacy(new LegacyHttp(new URL(gateway.url), { requestInit: { headers: bearer(gateway.key) } })),
)

test("a legacy client works over HTTP+SSE", limit, () => {
  const headers = bearer(gateway.key)
  const eventSourceInit = {
    fetch: (url: string | URL, init?: RequestInit) =>
      fetch(url, { ...init, headers: { ...headers, accept: "text/event-stream" } }),
  }
  return withLegacy(
    new SSEClientTransport(new URL(`${gateway.origin}/sse`), { requestInit: { headers }, eventSourceInit }),
  )
})

test("a legacy client works over WebSocket", limit, () =>
  withLegacy(openWebSocketTransport(gateway.url, bearer(gateway.key))),
)

test("the current client works as a legacy one", limit, () => withModern("legacy", "legacy"))

test("the current client finds the modern era by itself", limit, () => withModern("auto", "modern"))

test("a legacy client starts the gateway over stdio", limit, (t) => {
  const program = stdioProgram()
  t.after(() => rm(program.folder, { recursive: true, force: true }))
  return withLegacy(new LegacyStdio(program.parameters))
})

test("the current client starts the gateway over stdio", limit, async (t) => {
  const program = stdioProgram()
  t.after(() => rm(program.folder, { recursive: true, force: true }))
  const client = new ModernClient(info, { versionNegotiation: { mode: { pin: "2026-07-28" } } })
  await client.connect(new ModernStdio(program.parameters))
  await useModern(client)
})

type Listed = { readonly result: { readonly tools: readonly { readonly name: string }[] } }
type Called = { readonly result: { readonly structuredContent?: unknown } }

async function withLegacy(transport: Transport): Promise<void> {
  const client = new LegacyClient(info)
  await client.connect(transport)
  const { tools } = await client.listTools()
  const progress: number[] = []
  const added = await client.callTool({ name: "hello__add", arguments: { a: 2, b: 3 } })
  const onprogress = (each: { progress: number }): void => void progress.push(each.progress)
  const counted = await client.callTool({ name: "hello__countdown", arguments: { from: 2 } }, undefined, {
    onprogress,
  })
  const prompt = await client.getPrompt({ name: "hello__welcome", arguments: { name: "Ann" } })
  const read = await client.readResource({ uri: "mcp://hello/hello://readme" })
  await client.close()
  assert.ok(
    tools.some(({ name }) => name === "hello__greet") && tools.some(({ name }) => name === "list_services"),
  )
  assert.deepEqual(added.structuredContent, { sum: 5 })
  assert.deepEqual(counted.content, [{ type: "text", text: "Lift-off!" }])
  assert.deepEqual(progress, [1, 2].slice(0, progress.length)) // the SDK loses one that comes just before the answer
  assert.ok(progress.length > 0)
  assert.match(JSON.stringify(prompt.messages), /welcome for Ann/)
  assert.match(JSON.stringify(read.contents), /greets, adds and counts down/)
}

async function withModern(mode: "legacy" | "auto", era: string): Promise<void> {
  const client = new ModernClient(info, { versionNegotiation: { mode } })
  await client.connect(new ModernHttp(new URL(gateway.url), { requestInit: { headers: bearer(gateway.key) } }))
  assert.equal(client.getProtocolEra(), era)
  await useModern(client)
}

async function useModern(client: ModernClient): Promise<void> {
  const { tools } = await client.listTools()
  const added = await client.callTool({ name: "hello__add", arguments: { a: 2, b: 3 } })
  const prompt = await client.getPrompt({ name: "hello__welcome", arguments: { name: "Ann" } })
  const read = await client.readResource({ uri: "mcp://hello/hello://readme" })
  await client.close()
  assert.ok(
    tools.some(({ name }) => name === "hello__greet") && tools.some(({ name }) => name === "list_services"),
  )
  assert.deepEqual(added.structuredContent, { sum: 5 })
  assert.match(JSON.stringify(prompt.messages), /welcome for Ann/)
  assert.match(JSON.stringify(read.contents), /greets, adds and counts down/)
}

async function inspect(...args: readonly string[]): Promise<string> {
  const cli = join(root, "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js")
  const target = [
    "--cli",
    gateway.url,
    "--transport",
    "http",
    "--header",
    `Authorization: Bearer ${gateway.key}`,
    "--format",
    "json",
  ]
  const { stdout } = await run(process.execPath, [cli, ...target, ...args], {
    env: { ...process.env, HOME: home },
    timeout: 120_000,
  })
  return stdout
}

/** The gateway as a program that a client starts, on folders of its own. */
function stdioProgram(): { folder: string; parameters: { command: string; args: string[] } } {
  const folder = mkdtempSync(join(tmpdir(), "journey-stdio-"))
  mkdirSync(join(folder, "servers.d"))
  writeFileSync(join(folder, "servers.d/hello.json"), JSON.stringify(hello), { mode: 0o600 })
  const args = [
    join(root, "bin/mcp-meta.mjs"),
    "stdio",
    "--data",
    join(folder, "data"),
    "--servers",
    join(folder, "servers.d"),
  ]
  return { folder, parameters: { command: process.execPath, args } }
}
