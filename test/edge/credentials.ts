/** AUTHN-04 to AUTHN-10: every form of a wrong credential, on a route of each kind. What is wrong with it must not show. */
import type { Figures } from "../faults/figures.ts"
import { ask, hostOf, type Door, type RawAnswer } from "./raw.ts"

const list = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
const json = "content-type: application/json"

const routes: readonly { readonly request: string; readonly lines: readonly string[]; readonly body: string }[] = [
  { request: "POST /mcp", lines: [json, "accept: application/json, text/event-stream"], body: list },
  { request: "GET /sse", lines: ["accept: text/event-stream"], body: "" },
  { request: "POST /messages?sessionId=x", lines: [json], body: list },
  { request: "GET /api/v1/me", lines: [], body: "" },
  { request: "POST /api/v1/tools/hello__add/invoke", lines: [json], body: "{}" },
  { request: "GET /api/v1/events", lines: ["accept: text/event-stream"], body: "" },
]

const basic = (text: string | Buffer): string => `Authorization: Basic ${Buffer.from(text).toString("base64")}`

function wrongOnes(key: string): readonly string[] {
  const [prefix, id, secret = ""] = key.split("_")
  const flipped = `${key.slice(0, -1)}${key.endsWith("A") ? "B" : "A"}`
  const keys = [
    key.slice(0, -1),
    `${key}x`,
    flipped,
    key.toUpperCase(),
    key.toLowerCase(),
    `${prefix}_${id}_`,
    `${prefix}_${id}`,
    `${prefix}__${secret}`,
    `${prefix}_AAAAAAAA_${secret}`,
    `xx_${id}_${secret}`,
    key.replaceAll("_", "-"),
    key.replace("_", "%5F"),
    `"${key}"`,
    `${key},${key}`,
    `${key.slice(0, 9)}\t${key.slice(9)}`,
    `\u00a0${key}`,
    key.replace("m", "\u00b5"),
    "undefined",
    "null",
    "*",
    "x".repeat(8_000),
  ]
  const [some = ""] = keys
  return [
    ...keys.flatMap((wrong) => [`Authorization: Bearer ${wrong}`, `X-API-Key: ${wrong}`]),
    "Authorization:",
    "Authorization: Bearer",
    "X-API-Key:",
    `Authorization: ${key}`,
    `Authorization: Token ${key}`,
    `Authorization: Bearer ${key} ${key}`,
    `Authorization: Bearer ${key}, Bearer ${some}`,
    `Authorization: Bearer\u00a0${key}`,
    `Authorization: Basic ${key}`,
    `Authorization: Digest username="admin", response="${key}"`,
    basic(`admin:${key}x`),
    basic("admin:"),
    basic("admin"),
    basic(":"),
    basic(`:${key}`),
    basic("admin:a:b:c"),
    basic("admin\u0000:a"),
    basic("\u0430dmin:a"),
    basic(Buffer.from([0xff, 0xfe, 0x3a, 0xff])),
    basic(`admin:${"x".repeat(5_000)}`),
    "Authorization: Basic ====",
    "Authorization: Basic YWRtaW46eA=",
    "Authorization: Basic YWRt aW46eA==",
  ]
}

/** @param other a good key of somebody else */
export async function tryCredentials(door: Door, other: string): Promise<Figures> {
  const violations: string[] = []
  const wrong = wrongOnes(door.key)
  const seen = new Set<string>()
  let tried = 0
  const probe = async (at: number, lines: readonly string[], query = ""): Promise<RawAnswer> => {
    const { request, lines: own, body } = routes[at % routes.length] ?? { request: "", lines: [], body: "" }
    tried += 1
    const target = query === "" ? request : `${request}${request.includes("?") ? "&" : "?"}${query}`
    return ask(door, target, [`host: ${hostOf(door)}`, ...own, ...lines], body)
  }
  for (const [at, line] of wrong.entries()) {
    const answer = await probe(at, [line])
    seen.add(shown(answer))
    if (answer.status !== 401) violations.push(`${line.slice(0, 60)} -> ${answer.status}`)
  }
  if (seen.size !== 1) violations.push(`${door.name}: wrong credentials are told apart: ${[...seen].join(" | ")}`)
  const bearer = `Authorization: Bearer ${door.key}`
  const disagreeing = [
    [bearer, `X-API-Key: ${other}`],
    [bearer, "X-API-Key: x"],
    [basic("admin:a"), `X-API-Key: ${door.key}`],
    [`Authorization: Bearer x`, `X-API-Key: ${door.key}`],
    [bearer, bearer],
    [bearer, `authorization: Bearer ${other}`],
    [`X-API-Key: ${door.key}`, `X-API-Key: ${door.key}`],
  ]
  for (const lines of disagreeing) {
    for (const [at] of routes.entries()) {
      const { status } = await probe(at, lines)
      if (status !== 400)
        violations.push(`${door.name}: ${lines.map((line) => line.slice(0, 25)).join(" and ")} -> ${status}`)
    }
  }
  for (const name of ["key", "api_key", "apikey", "access_token", "token", "authorization", "X-API-Key"]) {
    for (const [at] of routes.entries()) {
      const { status } = await probe(at, [], `${name}=${door.key}`)
      if (status !== 401) violations.push(`${door.name}: the key as ?${name}= -> ${status}`)
    }
  }
  const long = await probe(0, [`X-API-Key: ${"x".repeat(1_000_000)}`])
  if (![431, 0].includes(long.status)) violations.push(`${door.name}: a key of 1 MB -> ${long.status}`)
  return { suite: `credentials, ${door.name}`, figures: { tried: tried, forms: wrong.length }, violations }
}

/** All that a client sees, but for the time. */
function shown({ status, headers, body }: RawAnswer): string {
  return JSON.stringify({ status, headers: { ...headers, date: "" }, body })
}
