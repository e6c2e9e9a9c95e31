/**
 * A journey by all doors and through all operations, right and wrong, over the ground of secrets-ground.ts. Nothing is
 * asked of the answers: they are looked through afterwards.
 */

import { spawn } from "node:child_process"
import { once } from "node:events"
import { appendFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { operations } from "../../../src/operations/index.ts"
import { eventually } from "../../journeys/eventually.ts"
import { bearer, httpPipe } from "../../journeys/http-pipe.ts"
import { openPeer, type Peer, type Pipe } from "../../journeys/peer.ts"
import { ssePipe } from "../../journeys/sse-pipe.ts"
import { stdioPipe } from "../../journeys/stdio-pipe.ts"
import { webSocketPipe } from "../../journeys/websocket-pipe.ts"
import { root, urlIn } from "../../support/process.ts"
import { createAgent, rest } from "../../support/rest.ts"
import { brokenFile, type Ground, type Secrets } from "./ground.ts"

const program = join(root, "bin/mcp-meta.mjs")
const tools = ["show", "quote", "large"]
const services = ["web", "socket", "pipe", "other"]
const pages = "/health /readiness /liveness /docs /openapi.json /nope /mcp/nope /api/v1/events?x /admin/".split(
  " ",
)

/** What was drawn on the way, by kind. */
export async function goThrough(ground: Ground): Promise<Readonly<Record<string, string>>> {
  const { gateway, secrets } = ground
  await writeFile(join(gateway.folder, "servers.d", "broken.json"), brokenFile(secrets), { mode: 0o600 })
  const admin = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  await eventually("the services are there", async () => isUp(await admin.tool("list_services")), 30_000)
  const agentKey = await newAgent(ground)
  await callTools(ground, agentKey)
  await performAll(admin, secrets)
  await knock(ground)
  await command(ground)
  await admin.tool("pipe__crash")
  await admin.tool("diagnose_service", { name: "pipe" })
  await admin.close()
  return { agentKey: agentKey.split("_")[2] ?? "" }
}

function isUp({ text: said }: { readonly text: string }): boolean {
  return (said.match(/"state":"(up|degraded)"/g) ?? []).length >= services.length
}

/** By the gateway's own port: the one answer that shows a key is not kept. */
async function newAgent({ gateway, secrets }: Ground): Promise<string> {
  const origin = new URL(urlIn(gateway.process.line)).origin
  const { password } = secrets
  await rest(gateway, "POST", "/principals", { name: "ann", kind: "human", password, grants: {} })
  return createAgent({ origin, key: gateway.key }, "robot", { tools: { allow: ["*"] } })
}

async function callTools(ground: Ground, key: string): Promise<void> {
  for (const peer of await peersOf(ground, key)) {
    for (const service of services)
      for (const tool of tools) await peer.tool(`${service}__${tool}`, argumentsOf(ground.secrets)).catch(ignore)
    await peer.tool("answers-401__show").catch(ignore)
    await peer.call("tools/list").catch(ignore)
    await peer
      .call("resources/read", {
        uri: `https://ann:${ground.secrets.argument}@example.com/?token=${ground.secrets.argument}`,
      })
      .catch(ignore)
    await peer.close()
  }
}

/** Secrets where none belong. */
function argumentsOf({ argument }: Secrets): object {
  const nested = JSON.stringify({ headers: { Authorization: `Bearer ${argument}` } })
  return {
    password: argument,
    note: `curl -H 'X-Api-Key: ${argument}' https://ann:${argument}@example.com`,
    nested,
  }
}

async function peersOf({ gateway, kept }: Ground, key: string): Promise<readonly Peer[]> {
  const args = ["stdio", "--data", join(gateway.folder, "data"), "--servers", join(gateway.folder, "servers.d")]
  const front = stdioPipe({ args: [program, ...args], env: { MCP_META_KEY: key } })
  return [
    await openPeer(httpPipe(gateway.url, bearer(key))),
    await openPeer(httpPipe(gateway.url, bearer(key)), { era: "legacy" }),
    await openPeer(await ssePipe(`${gateway.origin}/sse`, bearer(key)), { era: "legacy" }),
    await openPeer(await webSocketPipe(gateway.url, bearer(key)), { era: "legacy" }),
    await openPeer(keptPipe(front, join(kept, "stdio")), { era: "legacy" }),
  ]
}

function keptPipe(pipe: Pipe, file: string): Pipe {
  const listen: Pipe["listen"] = (onMessage) =>
    pipe.listen((said) => {
      appendFileSync(file, `${said}\n`)
      onMessage(said)
    })
  return { listen, send: (message, signal) => pipe.send(message, signal), close: () => pipe.close() }
}

async function performAll(admin: Peer, { brokenField }: Secrets): Promise<void> {
  const about = [
    ...services,
    "crashing",
    "answers-302",
    "answers-401",
    "answers-500",
    "nowhere",
    "unsendable-http",
    "unsendable-sse",
    "unsendable-websocket",
    "no-url-http",
    "no-url-sse",
    "no-url-websocket",
    "missing",
    "field",
  ]
  for (const name of about)
    for (const operation of ["get_server_details", "diagnose_service", "healthcheck", "refresh_service"])
      await admin.tool(operation, { name })
  const url = `x://a:${brokenField}@b`
  const inputs = [{}, { name: "pipe" }, { headers: { a: brokenField } }, { env: [brokenField], url }]
  const risky = new Set(["audit_erase", "rotate_audit_key"])
  for (const { name } of operations.filter((operation) => !risky.has(operation.name)))
    for (const input of inputs) if (name !== "remove_service") await admin.tool(name, input)
  const added = { name: "added", url: "http://127.0.0.1:9/", headers: { authorization: `Bearer ${brokenField}` } }
  await admin.tool("register_service", added)
  await admin.tool("update_service", { ...added, description: "changed" })
  await admin.tool("remove_service", { name: "added" })
  for (const format of ["jsonl", "cef", "ocsf"]) await admin.tool("audit_export", { format })
  await admin.tool("rotate_audit_key")
  await admin.tool("audit_verify")
}

/** At every page, with every credential that is none. */
async function knock({ gateway, secrets }: Ground): Promise<void> {
  const { password, wrongPassword, wrongKey, cookie } = secrets
  const basic = (secret: string): string => `Basic ${Buffer.from(`ann:${secret}`).toString("base64")}`
  const credentials: readonly Readonly<Record<string, string>>[] = [
    {},
    { authorization: basic(password) },
    { authorization: basic(wrongPassword) },
    { authorization: `Bearer mm_1234567890_${wrongKey}` },
    { "x-api-key": wrongKey, cookie: `session=${cookie}`, "proxy-authorization": `Bearer ${cookie}` },
    { ...bearer(gateway.key), "x-api-key": wrongKey },
  ]
  for (const page of [...pages, "/api/v1/whoami", `/api/v1/services?key=${wrongKey}`, `/mcp?key=${wrongKey}`])
    for (const headers of credentials)
      await fetch(new URL(page, gateway.origin), { headers })
        .then((answer) => answer.text())
        .catch(ignore)
  await fetch(gateway.url, { method: "POST", headers: bearer(gateway.key), body: `{"x": ${cookie}` })
}

/** By the command line; what it prints is kept. */
async function command({ gateway, secrets, kept }: Ground): Promise<void> {
  const folders = ["--data", join(gateway.folder, "data")]
  const clients = join(kept, "..", "clients.json")
  const imported = { command: "node", env: { TOKEN: secrets.imported } }
  await writeFile(
    clients,
    JSON.stringify({ mcpServers: { one: imported, two: { ...imported, env: imported.env.TOKEN } } }),
  )
  const lines: readonly (readonly string[])[] = [
    ["status", ...folders],
    ["call", "pipe__show", ...folders],
    ["get_server_details", "--name", "pipe", ...folders],
    ["config", ...folders],
    ["verify", ...folders],
    ["import", clients, "--servers", join(gateway.folder, "servers.d")],
  ]
  await Promise.all(
    lines.map((args) => run(args, join(kept, `cli-${args[0]}-${args[1]}`.replaceAll("/", "_")), {})),
  )
  await run(["status", "--url", gateway.origin], join(kept, "cli-wrong"), { MCP_META_KEY: secrets.wrongKey })
}

async function run(args: readonly string[], file: string, env: Readonly<Record<string, string>>): Promise<void> {
  const options = { env: { ...process.env, MCP_META_AUDIT_WEBHOOK_SECRET: "", ...env } }
  const child = spawn(process.execPath, [program, ...args], options)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")])
  await writeFile(file, `${stdout}${stderr}`)
}

function ignore(): void {
  // A refusal is an answer as well.
}
