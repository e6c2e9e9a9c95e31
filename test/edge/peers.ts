/** HTTP-01 to HTTP-05: by which name the gateway is addressed, and from which page, on a route of each kind. */
import type { Figures } from "../faults/figures.ts"
import { ask, hostOf, type Door } from "./raw.ts"

const upgrade =
  "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="
const json = "content-type: application/json"
const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}'

/** With what each answers to somebody who may come. */
const routes: readonly {
  readonly request: string
  readonly line: string
  readonly body: string
  readonly good: number
}[] = [
  { request: "POST /mcp", line: json, body: ping, good: 200 },
  { request: "DELETE /mcp", line: json, body: "", good: 400 },
  { request: "POST /messages?sessionId=x", line: json, body: ping, good: 404 },
  { request: "GET /mcp", line: upgrade, body: "", good: 101 },
  { request: "GET /api/v1/me", line: json, body: "", good: 200 },
  { request: "GET /health", line: json, body: "", good: 200 },
  { request: "GET /docs", line: json, body: "", good: 200 },
  { request: "GET /docs/assets/start.js", line: json, body: "", good: 200 },
  { request: "GET /nothing", line: json, body: "", good: 404 },
]

/** `PORT` stands for the door's. */
const foreignHosts = [
  "evil.example",
  "127.0.0.1.evil.example",
  "localhost.evil.example:PORT",
  "localhost:evil",
  "localhost:123456",
  "localhost@evil.example",
  "evil.example#localhost",
  "http://localhost",
  "localhost.",
  "localhost,evil.example",
  "localhost evil.example",
  "0.0.0.0:PORT",
  "[::]:PORT",
  "[::ffff:127.0.0.1]:PORT",
  "[::1%25lo]:PORT",
  "2130706433:PORT",
  "0x7f.1",
  "127.1",
  "\u217cocalhost",
  "",
]

const foreignOrigins = [
  "null",
  "http://evil.example",
  "http://localhost.evil.example",
  "http://127.0.0.1.evil.example:PORT",
  "http://localhost@evil.example",
  "http://evil.example#localhost",
  "https://chat.example.evil.example",
  "https://chat.example:8443",
  "http://chat.example",
  "https://CHAT.example.",
  "https://chat.example https://evil.example",
  "file://",
  "chrome-extension://abcdefgh",
  "javascript:alert(1)",
  "http://[::ffff:127.0.0.1]",
  "*",
  "x",
  "",
]

/** The door has `gateway.example` among its hosts, and `https://chat.example` among its origins. */
const goodHosts = [
  "localhost",
  "LOCALHOST:PORT",
  "127.0.0.1:1",
  "[::1]:PORT",
  "Gateway.Example",
  "gateway.example:443",
]
const goodOrigins = [
  "http://localhost:3000",
  "https://gateway.example",
  "https://chat.example",
  "http://127.0.0.1",
]

/** @param step 1 to try all, 5 for every fifth */
export async function tryPeers(door: Door, step: number): Promise<Figures> {
  const violations: string[] = []
  const { port } = new URL(door.origin)
  let tried = 0
  let next = 0
  const check = async (lines: readonly string[], expected: (good: number) => readonly number[]): Promise<void> => {
    const said = lines.map((line) => line.replace("PORT", port))
    for (const { request, line, body, good } of routes) {
      next += 1
      if (next % step !== 0) continue
      tried += 1
      const answer = await ask(door, request, [...said, `authorization: Bearer ${door.key}`, line], body)
      const isCors = said.includes("origin: https://chat.example")
      const allowed = answer.headers["access-control-allow-origin"]
      if (expected(good).includes(answer.status) && (allowed === undefined || isCors)) continue
      violations.push(`${door.name}: ${request} ${said.join(", ")} -> ${answer.status}, allows ${allowed}`)
    }
  }
  for (const host of foreignHosts) await check([`host: ${host}`], () => [400, 403])
  const host = `host: ${hostOf(door)}`
  for (const origin of foreignOrigins) await check([host, `origin: ${origin}`], () => [403])
  for (const other of ["evil.example", hostOf(door)]) await check([host, `Host: ${other}`], () => [400])
  await check([host, "origin: http://localhost", "origin: http://evil.example"], () => [400])
  for (const good of goodHosts) await check([`host: ${good}`], (status) => [status])
  for (const good of goodOrigins) await check([host, `origin: ${good}`], (status) => [status])
  return { suite: `hosts and origins, ${door.name}`, figures: { tried }, violations }
}
