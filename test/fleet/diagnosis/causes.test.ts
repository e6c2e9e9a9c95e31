/** Each way in which a service can fail, as a service that fails so: what the diagnosis says that it failed of. */
import assert from "node:assert/strict"
import { chmod, writeFile } from "node:fs/promises"
import { createServer, type RequestListener } from "node:http"
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { createServer as createTlsServer } from "node:https"
import { diagnosisCauses, type DiagnosisCause } from "../../../src/domain/diagnosis.ts"
import { remedyOf } from "../../../src/operations/services/diagnosis-remedies.ts"
import { operations } from "../../../src/operations/index.ts"
import { makeCertificate } from "../../sinks/certificate.ts"
import { inline, openFleet, program } from "../fleet-kit.ts"
import { makeFolder } from "../../support/folder.ts"

type Case = { readonly cause: DiagnosisCause | "none"; readonly step: string; readonly service: object }

/** Such as cannot be had on a machine that is well, and what comes with rules that are tested elsewhere. */
const elsewhere: readonly DiagnosisCause[] = ["machine_full", "host_unreachable", "awaits_approval", "unknown"]

/** To whatever it is asked. */
const answering = `process.stdin.on("data", (line) => {
  const { id } = JSON.parse(String(line))
  console.log(JSON.stringify({ jsonrpc: "2.0", id, result: { hello: 1 } }))
})`
const forever = "setInterval(() => {}, 1_000)"

async function listen(t: TestContext, server: Server): Promise<string> {
  server.listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  t.after(() => {
    server.close()
    if ("closeAllConnections" in server) (server.closeAllConnections as () => void)()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
}

async function casesOf(t: TestContext): Promise<Readonly<Record<string, Case>>> {
  const folder = makeFolder()
  const locked = join(folder, "locked")
  await writeFile(locked, "#!/bin/sh\n")
  const foreign = join(folder, "foreign")
  await writeFile(foreign, "#!/no/such/interpreter\n")
  await chmod(foreign, 0o755)
  const http = async (answer: RequestListener): Promise<string> =>
    `http://${await listen(t, createServer(answer))}`
  const tcp = async (meet: (socket: Socket) => void): Promise<string> =>
    `http://${await listen(
      t,
      createTcpServer((socket) => meet(socket.on("error", () => {}))),
    )}`
  const status = (code: number, headers = {}): Promise<string> =>
    http((_request, response) => response.writeHead(code, headers).end("<html>"))
  const says = (type: string, body: string): Promise<string> =>
    http((_request, response) => response.writeHead(200, { "content-type": type }).end(body))
  const plain = await status(200)
  const closed = createTcpServer()
  const port = await listen(t, closed)
  await new Promise((resolve) => closed.close(resolve))
  const tls = createTlsServer(makeCertificate("127.0.0.1"), (_request, response) => response.end())
  const at = (cause: DiagnosisCause, step: string, service: object): Case => ({ cause, step, service })
  return {
    "a placeholder without a value": at("value_missing", "definition", {
      ...inline("0"),
      env: { A: "${secret:NONE}" },
    }),
    "a command that is not there": at("program_missing", "definition", { command: "surely-no-such-program" }),
    "a command that may not be run": at("program_not_runnable", "definition", { command: locked }),
    "a script whose interpreter is not there": at("program_missing", "process", { command: foreign }),
    "a working folder that is not there": at("folder_missing", "process", {
      ...inline("0"),
      cwd: join(folder, "no"),
    }),
    "a program that ends with an error": at(
      "program_ended",
      "handshake",
      inline("console.error('why'); process.exit(3)"),
    ),
    "a program that ends at once": at("program_ended", "handshake", inline("0")),
    "a program that says nothing": at("program_silent", "handshake", inline(forever)),
    "a name that nobody knows": at("host_unknown", "dns", { url: "http://no-such-host.invalid/mcp" }),
    "an address that the gateway's rules forbid": at("not_allowed", "definition", {
      url: "https://127.0.0.1:9/mcp",
      network: { allow: ["192.0.2.0/24"] },
    }),
    "a port where nobody listens": at("port_closed", "tcp", { url: `http://${port}` }),
    "https where plain http is": at("no_tls", "tls", { url: plain.replace("http:", "https:") }),
    "a certificate of nobody": at("certificate_refused", "tls", { url: `https://${await listen(t, tls)}` }),
    "a credential that is refused": at("credential_refused", "auth", { url: await status(401) }),
    "a credential that is not enough": at("credential_refused", "auth", { url: await status(403) }),
    "a redirect": at("moved", "handshake", { url: await status(301, { location: "/elsewhere" }) }),
    "a path that is not there": at("wrong_path", "handshake", { url: await status(404) }),
    "another kind of endpoint": at("wrong_type", "handshake", { url: await status(405) }),
    "an event stream that is none": at("wrong_path", "handshake", { type: "sse", url: await status(404) }),
    "a WebSocket that is none": at("wrong_path", "handshake", {
      type: "websocket",
      url: (await status(404)).replace("http:", "ws:"),
    }),
    "a web page": at("no_mcp", "handshake", { url: await says("text/html", "<html>") }),
    "JSON that is no MCP": at("no_mcp", "handshake", { url: await says("application/json", '{"a":1}') }),
    "a service that has too much to do": at("busy", "handshake", { url: await status(429) }),
    "a service that fails": at("failing", "handshake", { url: await status(500) }),
    "a connection that breaks": at("broken_off", "handshake", { url: await tcp((socket) => socket.destroy()) }),
    "something that is no HTTP": at("no_mcp", "handshake", {
      url: await tcp((socket) => socket.end("SSH-2.0\r\n")),
    }),
    "a url that says nothing": at("silent", "handshake", { url: await http(() => {}) }),
    "lists that fail": at("lists_fail", "list", { url: await http(withoutLists) }),
    "tools with bad schemas": at("held_back", "list", program("test/fleet/wayward-service.ts")),
    "a program that logs where it should answer": at(
      "program_silent",
      "handshake",
      inline(`console.log("hi"); ${forever}`),
    ),
    "a program that answers what is no MCP": at("wrong_revision", "handshake", inline(answering)),
  }
}

/** A legacy service that begins well. */
const withoutLists: RequestListener = (request, response) => {
  const chunks: Buffer[] = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const { id, method } = JSON.parse(Buffer.concat(chunks).toString() || "{}") as { id?: number; method?: string }
    const hello = {
      protocolVersion: "2025-11-25",
      capabilities: { tools: {} },
      serverInfo: { name: "listless", version: "1" },
    }
    const said = method === "initialize" ? { result: hello } : { error: { code: -32_603, message: "no lists" } }
    if (id === undefined) response.writeHead(202).end()
    else
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ jsonrpc: "2.0", id, ...said }))
  })
}

test("each way to fail is told apart, by a service that fails so, and has a remedy of its own", async (t) => {
  const cases = Object.entries(await casesOf(t))
  const services = Object.fromEntries(
    cases.map(([, { service }], index) => [`s${index}`, { ...service, enabled: false }]),
  )
  const { fleet } = await openFleet(t, services, { limits: { childStartMs: 4_000 } })
  const found = await Promise.all(
    cases.map(async ([name, { cause, step }], index) => {
      const steps = await fleet.diagnose(`s${index}`)
      const last = steps.at(-1)
      return [name, last?.step, last?.cause, last?.ok, step, cause, last?.message] as const
    }),
  )
  for (const [name, step, cause, ok, expectedStep, expectedCause, message] of found) {
    assert.deepEqual([step, cause, ok], [expectedStep, expectedCause, expectedCause === "held_back"], `${name}: ${message}`) // oxfmt-ignore
  }
  const seen = new Set<string>(found.map(([, , cause]) => String(cause)))
  assert.deepEqual(
    diagnosisCauses.filter((cause) => !seen.has(cause) && !elsewhere.includes(cause)),
    ["url_unreadable"],
  )
})

test("every remedy ends in operations that there are", () => {
  const names = new Set(operations.map(({ name }) => name))
  for (const cause of diagnosisCauses) {
    const { remedy, next } = remedyOf(cause)
    assert.ok(remedy.length > 20 && next.length > 0)
    for (const operation of next) assert.ok(names.has(operation), operation)
  }
})
