/**
 * AUTHN-01: every route, by every method and transport, without a credential. What answers is on the list below, which
 * is typed by hand: a route that is public by mistake is not on it.
 */
import type { Figures } from "../faults/figures.ts"
import { ask, hostOf, type Door, type RawAnswer } from "./raw.ts"
import { pathFor, routePaths } from "./route-list.ts"

export const publicRoutes: readonly string[] = [
  "/docs",
  "/docs/assets/start.js",
  "/docs/assets/swagger-ui-bundle.js",
  "/docs/assets/swagger-ui.css",
  "/health",
  "/liveness",
  "/openapi.json",
  // An empty form, the same whatever follows.
  "/plans/hello",
  "/readiness",
]

const known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] as const
const odd = ["CONNECT", "PROPFIND", "MKCOL", "PURGE", "QUERY", "SEARCH", "get", "GETX", "POST\t"] as const
const json = "content-type: application/json"
const upgrade = [
  "connection: upgrade",
  "upgrade: websocket",
  "sec-websocket-version: 13",
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
]

type Probe = { readonly method: string; readonly lines: readonly string[]; readonly body: string }

const probes: readonly Probe[] = [
  ...[...known, ...odd].map((method) => ({ method, lines: [], body: "" })),
  { method: "GET", lines: ["accept: text/event-stream"], body: "" },
  { method: "GET", lines: upgrade, body: "" },
  {
    method: "POST",
    lines: [json, "accept: application/json, text/event-stream"],
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
  },
  { method: "POST", lines: [json, "x-http-method-override: GET"], body: "{}" },
  { method: "POST", lines: [json, "transfer-encoding: chunked"], body: "0\r\n\r\n" },
]

/** Beside the routes: what nobody has, and what is nearly public. */
const strange = [
  "/",
  "/nothing",
  "/health/",
  "/healthx",
  "//health",
  "/docs/",
  "/docs/assets/",
  "/docs/assets/x",
  "/Health",
  "/%68ealth",
  "/metrics",
  "/admin/",
]

/** @param step 1 to try all, 5 for every fifth */
export async function walkWithoutCredential(door: Door, step: number): Promise<Figures> {
  const paths = [...routePaths.map((route) => pathFor(route, "hello")), ...strange]
  const asked = paths.flatMap((path) => probes.map((probe) => ({ path, ...probe })))
  const chosen = asked.filter((_, at) => at % step === 0)
  const violations: string[] = []
  let answered = 0
  for (const { path, method, lines, body } of chosen) {
    const sent = [`host: ${hostOf(door)}`, ...lines]
    const answer = await ask(door, `${method} ${path}`, sent, body)
    const isPublic = publicRoutes.includes(path) && (method === "GET" || method === "HEAD")
    if (answer.status < 400 && answer.status !== 0) answered += isPublic ? 0 : 1
    if (!isRight(answer, method, isPublic && !lines.includes("upgrade: websocket")))
      violations.push(
        `${door.name}: ${method} ${path} ${lines.join(" ")} -> ${answer.status} ${answer.body.slice(0, 80)}`,
      )
  }
  const figures = { routes: routePaths.length, probes: chosen.length, "unauthenticated successes": answered }
  return { suite: `routes without a credential, ${door.name}`, figures, violations }
}

function isRight({ status, body }: RawAnswer, method: string, isPublic: boolean): boolean {
  if (isPublic) return status === 200
  if (method === "CONNECT") return status === 0 && body === "closed"
  // What is no method is no request.
  if (!/^[A-Z]+$/.test(method) || method === "GETX") return status === 400
  return status === 401 || status === 404
}
