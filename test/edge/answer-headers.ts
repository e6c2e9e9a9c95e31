/** HTTP-12 and HTTP-14: the headers of every kind of answer, and what pages of an allowed origin may do, typed by hand. */
import type { Figures } from "../faults/figures.ts"
import { ask, hostOf, speak, type Door, type RawAnswer } from "./raw.ts"

const standing = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const
const ofPages =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const cached = { "cache-control": "public, max-age=86400" }
const page = "https://chat.example"
const json = "content-type: application/json"
const both = "accept: application/json, text/event-stream"
const modern = "2026-07-28"
const meta = {
  "io.modelcontextprotocol/protocolVersion": modern,
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "page", version: "1" },
}
const rpc = (method: string, params: object): string => JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })
const initialize = rpc("initialize", {
  protocolVersion: "2025-11-25",
  capabilities: {},
  clientInfo: { name: "page", version: "1" },
})
const call = (name: string): readonly [readonly string[], string] => [
  [json, both, `mcp-protocol-version: ${modern}`, "mcp-method: tools/call", `mcp-name: ${name}`],
  rpc("tools/call", { name, arguments: {}, _meta: meta }),
]

type Kind = {
  readonly request: string
  readonly status: number
  readonly lines?: readonly string[]
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** @param tool one that a worker may call */
function kindsOf(door: Door, tool: string): readonly Kind[] {
  const auth = `authorization: Bearer ${door.key}`
  const [lines, body] = call(tool)
  const upgrade = [
    "connection: upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
  ]
  return [
    { request: "GET /health", status: 200 },
    { request: "GET /readiness", status: 200 },
    { request: "GET /openapi.json", status: 200 },
    { request: "GET /docs", status: 200, headers: { "content-security-policy": ofPages } },
    { request: "GET /docs/assets/start.js", status: 200 },
    { request: "GET /docs/assets/swagger-ui.css", status: 200, headers: cached },
    { request: "HEAD /docs/assets/swagger-ui.css", status: 200, headers: cached },
    { request: "GET /api/v1/me", status: 200, lines: [auth] },
    { request: "GET /api/v1/me", status: 401 },
    { request: "GET /nothing", status: 404, lines: [auth] },
    { request: "GET /docs/../x", status: 400 },
    { request: "POST /api/v1/keys", status: 400, lines: [auth, json], body: "{" },
    { request: "POST /mcp", status: 200, lines: [auth, json, both], body: initialize },
    { request: "POST /mcp", status: 200, lines: [auth, ...lines], body },
    { request: "POST /mcp", status: 401, lines: [json], body: initialize },
    { request: "POST /mcp", status: 400, lines: [auth, json, both], body: "{" },
    { request: "POST /mcp", status: 415, lines: [auth, "content-type: text/plain"], body: initialize },
    { request: "PUT /mcp", status: 405, lines: [auth] },
    { request: "GET /mcp", status: 400, lines: [auth, "accept: text/event-stream"] },
    { request: "DELETE /mcp", status: 404, lines: [auth, "mcp-session-id: x"] },
    { request: "POST /messages?sessionId=x", status: 404, lines: [auth, json], body: initialize },
    { request: "GET /mcp", status: 401, lines: upgrade },
    { request: "GET /nothing", status: 404, lines: [auth, ...upgrade] },
    { request: "GET /health", status: 431, lines: [`x-long: ${"x".repeat(20_000)}`] },
    { request: "GET /health", status: 431, lines: Array.from({ length: 300 }, (_, n) => `a${n}: b`) },
    { request: "BREW /health", status: 400 },
  ]
}

export async function checkHeaders(door: Door, tool: string): Promise<Figures> {
  const violations: string[] = []
  const kinds = kindsOf(door, tool)
  for (const { request, status, lines = [], body = "", headers } of kinds) {
    const answer = await ask(door, request, [`host: ${hostOf(door)}`, ...lines], body)
    const expected: Readonly<Record<string, string>> = { ...standing, ...headers }
    const wrong = Object.entries(expected).filter(([name, value]) => answer.headers[name] !== value)
    const tells = [
      "server",
      "x-powered-by",
      "via",
      "mcp-meta-admitted",
      "mcp-meta-worker",
      "access-control-allow-origin",
    ].filter((name) => name in answer.headers)
    const hsts = answer.headers["strict-transport-security"]
    // What Node.js could not read as a request is answered beside it.
    const lacks =
      door.ca !== undefined &&
      status !== 431 &&
      !request.startsWith("BREW") &&
      hsts !== "max-age=31536000" &&
      !lines.includes("upgrade: websocket")
    if (
      answer.status === status &&
      wrong.length === 0 &&
      tells.length === 0 &&
      !lacks &&
      (door.ca !== undefined || hsts === undefined)
    )
      continue
    violations.push(`${door.name}: ${request} -> ${answer.status} ${JSON.stringify([wrong, tells, hsts])}`)
  }
  const streams = await checkStreams(door)
  return {
    suite: `headers, ${door.name}`,
    figures: { kinds: kinds.length + 2 },
    violations: [...violations, ...streams],
  }
}

/** They have no end of their own: their client leaves. */
async function checkStreams(door: Door): Promise<readonly string[]> {
  const violations: string[] = []
  for (const path of ["/sse", "/api/v1/events"]) {
    const head = [
      `GET ${path} HTTP/1.1`,
      `host: ${hostOf(door)}`,
      `authorization: Bearer ${door.key}`,
      `origin: ${page}`,
      "accept: text/event-stream",
      "",
      "",
    ]
    const { answers } = await speak(door, head.join("\r\n"), "open")
    const [{ status, headers } = { status: 0, headers: {} as RawAnswer["headers"] }] = answers
    const expected: Readonly<Record<string, string>> = {
      ...standing,
      "cache-control": "no-store, no-transform",
      "access-control-allow-origin": page,
    }
    const wrong = Object.entries(expected).filter(([name, value]) => headers[name] !== value)
    if (status !== 200 || wrong.length > 0)
      violations.push(`${door.name}: GET ${path} -> ${status} ${JSON.stringify(wrong)}`)
  }
  return violations
}

const sent =
  "authorization,content-type,last-event-id,mcp-method,mcp-name,mcp-param-region,mcp-protocol-version,mcp-session-id,x-api-key"

/** The door has {@link page} among its allowed origins. */
export async function checkCors(door: Door, tool: string): Promise<Figures> {
  const violations: string[] = []
  let tried = 0
  const say = (what: string, { status, headers }: RawAnswer): void =>
    void violations.push(`${door.name}: ${what} -> ${status} ${JSON.stringify(headers)}`)
  const host = `host: ${hostOf(door)}`
  for (const path of ["/mcp", "/mcp/hello", "/sse", "/messages", "/api/v1/me", "/health", "/nothing"]) {
    for (const method of ["GET", "POST", "DELETE"]) {
      tried += 1
      const preflight = [
        host,
        `access-control-request-method: ${method}`,
        `access-control-request-headers: ${sent},x-evil`,
      ]
      const ours = await ask(door, `OPTIONS ${path}`, [...preflight, `origin: ${page}`])
      if (ours.status !== 204 || !mayAsk(ours, method)) say(`a preflight of ${method} ${path}`, ours)
      for (const origin of ["http://localhost:3000", "http://evil.example", "null"]) {
        const theirs = await ask(door, `OPTIONS ${path}`, [...preflight, `origin: ${origin}`])
        if (![401, 403].includes(theirs.status) || isReadable(theirs)) say(`a preflight of ${origin}`, theirs)
      }
    }
  }
  const auth = `authorization: Bearer ${door.key}`
  const [lines, body] = call(tool)
  const asked: readonly (readonly [string, number, readonly string[], string])[] = [
    ["POST /mcp", 200, [auth, json, both], initialize],
    ["POST /mcp", 200, [auth, ...lines], body],
    ["POST /mcp", 401, [json, both], initialize],
    ["POST /mcp", 400, [auth, json, both], "{"],
    ["GET /api/v1/me", 200, [auth], ""],
    ["GET /api/v1/me", 401, [], ""],
    ["GET /nothing", 404, [auth], ""],
  ]
  for (const [request, status, more, text] of asked) {
    tried += 1
    const ours = await ask(door, request, [host, `origin: ${page}`, ...more], text)
    if (ours.status !== status || !mayRead(ours)) say(`${request} of a page`, ours)
    const theirs = await ask(door, request, [host, "origin: http://localhost:3000", ...more], text)
    if (isReadable(theirs)) say(`${request} of a page that is not named`, theirs)
  }
  return { suite: `pages, ${door.name}`, figures: { tried }, violations }
}

function mayAsk({ headers }: RawAnswer, method: string): boolean {
  const allowed = new Set(headers["access-control-allow-headers"]?.split(", "))
  if (!sent.split(",").every((name) => allowed.has(name)) || allowed.has("x-evil") || allowed.has("*"))
    return false
  return headers["access-control-allow-methods"]?.split(", ").includes(method) === true && isOurs(headers)
}

function mayRead({ headers }: RawAnswer): boolean {
  const exposed = headers["access-control-expose-headers"]?.split(", ") ?? []
  return exposed.includes("Mcp-Session-Id") && exposed.includes("WWW-Authenticate") && isOurs(headers)
}

function isOurs(headers: RawAnswer["headers"]): boolean {
  if (headers["access-control-allow-credentials"] !== undefined) return false
  return headers["access-control-allow-origin"] === page && headers["vary"] === "origin"
}

function isReadable({ headers }: RawAnswer): boolean {
  return Object.keys(headers).some((name) => name.startsWith("access-control-"))
}
