/**
 * HTTP-06 to HTTP-11: requests that two readers could take for different things, one after the other on one connection.
 * Behind each comes a request that would succeed, should the gateway lose count of where the first one ends.
 */
/** `refused`: no success, however many answers. `served`: each request has its answer, and the first succeeds. */
export type Framing = {
  readonly what: string
  readonly expected: "refused" | "served"
  /** `HOST` and `KEY` stand for the door's. */
  readonly head: readonly string[]
  readonly body?: string
  /** What ends its lines, where it is not CRLF. */
  readonly lineEnd?: string
  /** How many requests there are, where it is not one. */
  readonly answers?: number
  /** Well framed, but aimed wrong: another request would be answered. */
  readonly alone?: true
}

const get = "GET /api/v1/me HTTP/1.1"
const post = "POST /mcp HTTP/1.1"
const host = "Host: HOST"
const auth = "Authorization: Bearer KEY"
const json = "Content-Type: application/json"
const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}'
const chunked = `${ping.length.toString(16)}\r\n${ping}\r\n0\r\n\r\n`
export const smuggled = `${get}\r\n${host}\r\n${auth}\r\nConnection: close\r\n\r\n`

const refusedHead = (what: string, ...head: readonly string[]): Framing => ({ what, expected: "refused", head })
const alone = (what: string, ...head: readonly string[]): Framing => ({
  what,
  expected: "refused",
  head: [...head, "Connection: close"],
  alone: true,
})
const refusedPost = (what: string, lines: readonly string[], body = ping): Framing => ({
  what,
  expected: "refused",
  head: [post, host, auth, json, ...lines],
  body,
})
const length = `Content-Length: ${ping.length}`

const lengths: readonly Framing[] = [
  refusedPost("a length and chunks", [length, "Transfer-Encoding: chunked"], chunked),
  refusedPost("chunks and a length", ["Transfer-Encoding: chunked", "Content-Length: 4"], chunked),
  refusedPost("two lengths", [length, "Content-Length: 0"]),
  refusedPost("the same length twice", [length, length]),
  refusedPost("two lengths in one", [`Content-Length: ${ping.length}, ${ping.length}`]),
  ...["+41", "-1", "0x29", "41a", "4 1", "1e1", "", "99999999999999999999", "41\u000b"].map((value) =>
    refusedPost(`the length ${JSON.stringify(value)}`, [`Content-Length: ${value}`]),
  ),
  refusedPost("a space before the colon of the length", [`Content-Length : ${ping.length}`]),
]

const codings: readonly Framing[] = [
  ...[
    "xchunked",
    "identity",
    "chunked, identity",
    "chunked, chunked",
    "gzip",
    "\u000bchunked",
    "chunked\u0000",
    "chun\tked",
    "",
  ].map((value) => refusedPost(`the coding ${JSON.stringify(value)}`, [`Transfer-Encoding: ${value}`], chunked)),
  refusedPost("two codings", ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], chunked),
  refusedPost("a space before the colon of the coding", ["Transfer-Encoding : chunked"], chunked),
  refusedPost("a folded coding", ["Transfer-Encoding:\r\n chunked"], chunked),
  refusedPost("a chunk's size of too many digits", ["Transfer-Encoding: chunked"], `${"f".repeat(17)}\r\nx\r\n`),
  refusedPost("a chunk's size below nothing", ["Transfer-Encoding: chunked"], `-1\r\nx\r\n`),
  refusedPost("a chunk's size with 0x", ["Transfer-Encoding: chunked"], `0x28\r\n${ping}\r\n0\r\n\r\n`),
  refusedPost("a chunk longer than its size", ["Transfer-Encoding: chunked"], `5\r\n${ping}\r\n0\r\n\r\n`),
  refusedPost("chunks that end with LF", ["Transfer-Encoding: chunked"], chunked.replaceAll("\r\n", "\n")),
  refusedPost(
    "an extension of a chunk with LF",
    ["Transfer-Encoding: chunked"],
    chunked.replace("\r\n", ";a\nb\r\n"),
  ),
  refusedPost(
    "endless extensions of a chunk",
    ["Transfer-Encoding: chunked"],
    chunked.replace("\r\n", `;${"a".repeat(20_000)}\r\n`),
  ),
  {
    what: "chunks as they should be",
    expected: "served",
    head: [post, host, auth, json, "Transfer-Encoding: chunked"],
    body: chunked,
    answers: 2,
  },
  {
    what: "a length as it should be",
    expected: "served",
    head: [post, host, auth, json, length],
    body: ping,
    answers: 2,
  },
]

const lines: readonly Framing[] = [
  refusedHead("no Host", get, auth),
  refusedHead("two Hosts", get, host, "Host: HOST", auth),
  refusedHead("two Hosts, of which one is elsewhere", get, host, "host: evil.example", auth),
  alone("two Authorizations", get, host, auth, "authorization: Bearer x"),
  alone("the same Authorization twice", get, host, auth, auth),
  alone("two keys", get, host, "X-API-Key: KEY", "x-api-key: KEY"),
  refusedHead("a folded header", get, host, "X-Long: a\r\n b", auth),
  refusedHead("a folded Authorization", get, host, "Authorization: Bearer\r\n KEY"),
  refusedHead("a space before a colon", get, host, "Authorization : Bearer KEY"),
  refusedHead("a line that begins with a space", get, ` ${host}`, auth),
  refusedHead("a header without a name", get, host, auth, ": x"),
  refusedHead("a header without a colon", get, host, auth, "nothing"),
  refusedHead("NUL in a value", get, host, auth, "X-Odd: a\u0000b"),
  refusedHead("NUL in a name", get, host, auth, "X\u0000Odd: a"),
  refusedHead("CR in a value", get, host, auth, "X-Odd: a\rb"),
  refusedHead("a name in quotes", get, host, auth, '"X": a'),
  refusedHead("a name that is no ASCII", get, host, auth, "X-\u00e9: a"),
  { what: "lines that end with LF", expected: "refused", head: [get, host, auth], lineEnd: "\n" },
  { what: "lines that end with CR", expected: "refused", head: [get, host, auth], lineEnd: "\r" },
  refusedHead("a header of 20 KB", get, host, auth, `X-Long: ${"a".repeat(20_000)}`),
  refusedHead("300 headers", get, host, auth, ...Array.from({ length: 300 }, (_, n) => `a${n}: `)),
  refusedHead(
    "3,000 headers, and the key behind them",
    get,
    host,
    ...Array.from({ length: 3_000 }, () => "a:"),
    auth,
  ),
  {
    what: "200 headers",
    expected: "served",
    head: [get, host, ...Array.from({ length: 200 }, (_, n) => `a${n}: b`), auth],
    answers: 2,
  },
]

const targets: readonly Framing[] = [
  ...[
    "http://evil.example/api/v1/me",
    "http://HOST/api/v1/me",
    "https://HOST/api/v1/me",
    "HOST",
    "evil.example:80",
    "*",
    "api/v1/me",
    "",
    "/api/v1/m e",
    "/api/v1/me\u0000",
    "/api/v1/me\u007f",
    "/api/v1/me\t",
    "\\api\\v1\\me",
    "/docs/..;/api/v1/me",
    "/docs/../api/v1/me",
    "/docs/%2e%2e/api/v1/me",
    "/docs/.%2E/api/v1/me",
    "/docs/%2e%2e%2fapi/v1/me",
    "/docs/..%2fapi/v1/me",
    "/docs/..%5capi/v1/me",
    "/docs/%252e%252e/api/v1/me",
    "//api/v1/me",
    "/api//v1/me",
    "/api/v1/me/",
    "/api/v1/me;x=y",
    "/api/v1/me%00",
    "/api/v1/me%0d%0aX:y",
    "/API/v1/whoami",
    "/api/v1/me%",
    "/api/v1/%ff",
  ].map((target) => alone(`the target ${JSON.stringify(target)}`, `GET ${target} HTTP/1.1`, host, auth)),
  ...["HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/3", "http/1.1", "HTTP/1.1 x", "HTTP/11", "", "ICE/1.0"].map(
    (version) => refusedHead(`the version ${JSON.stringify(version)}`, `GET /api/v1/me ${version}`, host, auth),
  ),
  refusedHead("the preface of HTTP/2", "PRI * HTTP/2.0", "", "SM"),
  refusedHead("a request line with a tab", "GET\t/api/v1/me HTTP/1.1", host, auth),
  refusedHead("a line of garbage", "\u0016\u0003\u0001\u0002\u0000"),
  { what: "two empty lines ahead", expected: "served", head: ["", "", get, host, auth], answers: 2 },
  { what: "HTTP/1.0 without a Host", expected: "refused", head: ["GET /api/v1/me HTTP/1.0", auth] },
  {
    what: "an offer of h2c",
    expected: "served",
    head: [
      post,
      host,
      auth,
      json,
      length,
      "Connection: close, Upgrade, HTTP2-Settings",
      "Upgrade: h2c",
      "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
    ],
    body: ping,
  },
]

const overrides: readonly Framing[] = [
  ...["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "_method"].map((name) => ({
    what: `${name} of a POST`,
    expected: "refused" as const,
    head: ["POST /api/v1/me HTTP/1.1", host, auth, json, `${name}: GET`, "Content-Length: 2", "Connection: close"],
    body: "{}",
    alone: true as const,
  })),
  ...["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Forwarded-Path"].map((name) =>
    alone(`${name} of a path that is nowhere`, "GET /nothing HTTP/1.1", host, auth, `${name}: /api/v1/me`),
  ),
  ...[
    "X-Forwarded-User: admin",
    "X-Remote-User: admin",
    "X-Client-Cert: admin",
    "X-Gateway-User: admin",
    "mcp-init-host: HOST",
    "Cookie: key=KEY",
    "Proxy-Authorization: Bearer KEY",
    "X-Forwarded-Authorization: Bearer KEY",
  ].map((line) => alone(`${line.split(":")[0]} in place of a credential`, get, host, line)),
  ...[
    "mcp-meta-worker: x 192.0.2.1",
    "mcp-meta-admitted: yes",
    "Connection: keep-alive, authorization, mcp-meta-worker",
  ].map((line) => ({
    what: `${line.split(":")[0]} from outside`,
    expected: "served" as const,
    head: [get, host, auth, line],
    answers: 2,
  })),
  alone(
    "a Host of X-Forwarded-Host",
    get,
    "Host: evil.example",
    "X-Forwarded-Host: HOST",
    "Forwarded: host=HOST",
    auth,
  ),
  alone("what nobody expects", get, host, auth, "Expect: 200-ok"),
]

export const framings: readonly Framing[] = [...lengths, ...codings, ...lines, ...targets, ...overrides]
