/**
 * DS-19: what an HTTP server may put in place of an MCP answer, byte for byte, and what a caller must be told. Who sends
 * it: odd-service.ts.
 */

export type OddAnswer = {
  /** What goes over the wire; then the connection is left open, and the server says no more. */
  readonly bytes: (id: unknown, elsewhere: string) => string
  /** What the caller's error says. */
  readonly told: RegExp
  /** Of the caller's error, where the answer named a time. */
  readonly retryAfterMs?: number
}

const html = "<html><body>Please sign in</body></html>"
const statuses = [401, 403, 404, 407, 408, 418, 429, 500, 502, 503, 504, 599]

/** What the status says of the gateway's own request. */
function wordsFor(status: number): RegExp {
  if ([401, 403, 407].includes(status)) return /credential.*definition \(HTTP \d+\)/
  if ([408, 429].includes(status)) return /takes no more requests for now/
  return status >= 500 ? /The service failed \(HTTP \d+\)/ : /\(HTTP \d+\)/
}

const refusals = statuses.map((status): [string, OddAnswer] => [
  `http_${status}`,
  { bytes: () => response(status, html, "content-type: text/html"), told: wordsFor(status) },
])

/** To where a cloud keeps its secrets, and to a listener that counts who comes. */
const redirects = [301, 302, 303, 307, 308].flatMap((status): [string, OddAnswer][] => [
  [
    `http_${status}_metadata`,
    {
      bytes: () => response(status, "", "location: http://169.254.169.254/latest/meta-data/iam"),
      told: /redirects to http:\/\/169\.254\.169\.254\/latest\/meta-data\/iam, which is not followed/,
    },
  ],
  [
    `http_${status}`,
    {
      bytes: (_, elsewhere) => response(status, "", `location: ${elsewhere}`),
      told: /redirects to .*, which is not followed/,
    },
  ],
])

const busy = "retry-after: 7"

export const oddAnswers: Readonly<Record<string, OddAnswer>> = {
  ...Object.fromEntries([...refusals, ...redirects]),
  http_429_later: { bytes: () => response(429, "", busy), told: /no more requests for now/, retryAfterMs: 7_000 },
  http_503_later: { bytes: () => response(503, "", busy), told: /HTTP 503/, retryAfterMs: 7_000 },
  http_401_again: { bytes: () => response(401, "", 'www-authenticate: Bearer realm="again"'), told: /credential/ },
  redirect_nowhere: { bytes: () => response(302, ""), told: /redirects, which is not followed/ },
  redirect_to_credentials: {
    bytes: () => response(302, "", "location: http://user:password@elsewhere.invalid/a?token=secret"),
    told: /redirects to http:\/\/elsewhere\.invalid\/a, which/,
  },
  no_content: { bytes: () => "HTTP/1.1 204 No Content\r\n\r\n", told: /without content.*\(HTTP 204\)/ },
  accepted: { bytes: () => response(202, ""), told: /without content|without an answer/ },
  html: { bytes: () => response(200, html, "content-type: text/html"), told: /with text\/html instead/ },
  untyped: { bytes: (id) => response(200, answer(id)), told: /without content/ },
  empty: { bytes: () => json(""), told: /not valid/ },
  cut_short: { bytes: (id) => json(answer(id).slice(0, -9)), told: /not valid/ },
  two_values: { bytes: (id) => json(answer(id) + answer(id)), told: /not valid/ },
  length_too_long: { bytes: (id) => json(answer(id), 100), told: /nothing for|longer than/ },
  length_too_short: { bytes: (id) => json(answer(id), -10), told: /not valid|broke/ },
  length_negative: { bytes: (id) => head("content-length: -5") + answer(id), told: /broke/ },
  length_no_number: { bytes: (id) => head("content-length: 1e9") + answer(id), told: /broke/ },
  two_lengths: { bytes: (id) => head("content-length: 5\r\ncontent-length: 6") + answer(id), told: /broke/ },
  length_and_chunks: {
    bytes: (id) => head("content-length: 5\r\ntransfer-encoding: chunked") + chunk(answer(id)) + chunk(""),
    told: /broke/,
  },
  chunk_without_size: { bytes: (id) => head("transfer-encoding: chunked") + answer(id), told: /broke/ },
  chunk_too_short: { bytes: () => `${head("transfer-encoding: chunked")}2\r\n{"jsonrpc"\r\n`, told: /broke/ },
  chunk_of_a_petabyte: {
    bytes: () => `${head("transfer-encoding: chunked")}fffffffffffff\r\n{`,
    told: /nothing for|longer than/,
  },
  chunk_size_overflow: {
    bytes: () => `${head("transfer-encoding: chunked")}${"f".repeat(20)}\r\n{`,
    told: /broke/,
  },
  chunks_without_end: {
    bytes: (id) => head("transfer-encoding: chunked") + chunk(answer(id)),
    told: /nothing for|longer than/,
  },
  header_block_too_long: { bytes: () => head(`x-long: ${"a".repeat(200_000)}`), told: /broke/ },
  header_without_end: { bytes: () => "HTTP/1.1 200 OK\r\nx-a: b\r\n", told: /nothing for|longer than/ },
  header_of_control_characters: { bytes: (id) => head("x-a: \u0001\r\n\u0000: b") + answer(id), told: /broke/ },
  status_line_broken: { bytes: () => "HTTP/1.1 two hundred\r\n\r\n", told: /broke/ },
  not_http: { bytes: () => "220 smtp.example ESMTP\r\n", told: /broke/ },
  upgraded: {
    bytes: () => "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
    told: /broke|\(HTTP 101\)|nothing for|longer than/,
  },
  early_hints_without_end: {
    bytes: () => "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(1_000),
    told: /nothing for|longer than|broke/,
  },
  compressed: {
    bytes: () => head("content-encoding: gzip\r\ncontent-length: 4") + "\u001f\u008b\b\0",
    told: /not valid/,
  },
  events_without_answer: { bytes: () => events(": only a comment\n\n"), told: /without an answer/ },
  events_cut_short: { bytes: (id) => events(`data: ${answer(id)}`), told: /without an answer/ },
}

/** A proper answer, as it would have been. */
function answer(id: unknown): string {
  const result = { resultType: "complete", content: [{ type: "text", text: "too good to be true" }] }
  return JSON.stringify({ jsonrpc: "2.0", id, result })
}

function response(status: number, body: string, ...headers: readonly string[]): string {
  return [`HTTP/1.1 ${status} Odd`, ...headers, `content-length: ${body.length}`, "", body].join("\r\n")
}

/** @param error by which the length is wrong */
function json(body: string, error = 0): string {
  return head(`content-length: ${body.length + error}`) + body
}

function head(headers: string): string {
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${headers}\r\n\r\n`
}

function chunk(body: string): string {
  return `${body.length.toString(16)}\r\n${body}\r\n`
}

function events(body: string): string {
  return response(200, body, "content-type: text/event-stream")
}
