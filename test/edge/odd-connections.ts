/** HTTP-10, HTTP-11 and what comes in crowds: connections that are used for something else than one request after the other. */
import { once } from "node:events"
import { createServer, request as ask } from "node:http"
import { connect, type AddressInfo } from "node:net"
import type { Figures } from "../faults/figures.ts"
import { hostOf, speak, type Door } from "./raw.ts"

const upgrade =
  "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
const crowd = 50

/** What comes behind an upgrade that is refused is nobody's request, also where a worker hands the connection over whole. */
export async function smuggleBehindUpgrades(door: Door): Promise<Figures> {
  const violations: string[] = []
  const host = `Host: ${hostOf(door)}`
  const auth = `Authorization: Bearer ${door.key}`
  const behind = `GET /api/v1/me HTTP/1.1\r\n${host}\r\n${auth}\r\nmcp-meta-worker: x 192.0.2.1\r\nConnection: close\r\n\r\n`
  const heads: readonly (readonly [string, readonly string[]])[] = [
    ["without a credential", []],
    ["with a body", [`Content-Length: ${behind.length}`]],
    ["in chunks", ["Transfer-Encoding: chunked"]],
    ["with a key, elsewhere", [auth, "X-Elsewhere: 1"]],
    ["with an odd version", [auth, "Sec-WebSocket-Version: 99"]],
    ["with a foreign origin", [auth, "Origin: http://evil.example"]],
    ["with two keys", [auth, auth]],
  ]
  for (const [what, lines] of heads) {
    const path = lines.includes("X-Elsewhere: 1") ? "/api/v1/me" : "/mcp"
    const head = [`GET ${path} HTTP/1.1`, host, upgrade, ...lines, "", ""].join("\r\n")
    const { answers, hung } = await speak(door, head + behind, "open")
    const statuses = answers.map(({ status }) => status)
    if (hung || statuses.length !== 1 || !statuses.every((status) => status >= 400 && status < 500))
      violations.push(`${door.name}: an upgrade ${what} -> ${hung ? "hung " : ""}${statuses.join(" ")}`)
  }
  return { suite: `behind upgrades, ${door.name}`, figures: { tried: heads.length }, violations }
}

/** Each asks for leave to send its body, sends it, and gets a refusal. */
export async function expectInCrowds(door: Door): Promise<Figures> {
  const head = `POST /mcp HTTP/1.1\r\nHost: ${hostOf(door)}\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n0123456789`
  const spoken = await Promise.all(Array.from({ length: crowd }, () => speak(door, head, "open")))
  const refused = spoken.filter(({ answers, hung }) => !hung && answers.length === 1 && answers[0]?.status === 401)
  const violations =
    refused.length === crowd ? [] : [`${door.name}: ${refused.length} of ${crowd} that expect 100 were refused`]
  return { suite: `Expect, ${door.name}`, figures: { connections: crowd }, violations }
}

const service = [
  "set-cookie: a=b",
  "access-control-allow-origin: *",
  "mcp-session-id: theirs",
  "location: http://evil.example",
  "x-injected: 1",
  "mcp-meta-admitted: yes",
]

/** Stands before a service and adds headers to its answers, and line ends to its texts. @returns where, and its end */
export async function injectInto(url: string): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    const { method, headers, url: path } = request
    const passed = ask(new URL(path ?? "/", url), { method, headers }, (answer) => {
      for (const line of service) response.setHeader(...(line.split(": ") as [string, string]))
      response.writeHead(answer.statusCode ?? 500, "OK", { ...answer.headers })
      answer.pipe(response)
    })
    request.pipe(passed)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/mcp`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Their names, in lower case: none of them is to come out of the gateway. */
export const injected: readonly string[] = service.map((line) => line.split(":")[0] ?? "")

/** A client that speaks in the clear to a door with TLS. @returns what comes back, until it is closed */
export async function speakInTheClear({ origin }: Door): Promise<string> {
  const socket = connect(Number(new URL(origin).port), "127.0.0.1")
  let text = ""
  socket.on("error", () => {}) // a reset is a refusal too
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")))
  socket.write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
  await once(socket, "close")
  return text
}
