/** HTTP spoken byte for byte, for what no proper client would send, and every answer that comes back on the connection. */
import { once } from "node:events"
import { connect, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"

/** Where a gateway is reached. */
export type Door = {
  readonly name: string
  readonly origin: string
  /** The administrator's. */
  readonly key: string
  /** Of a gateway with TLS: who vouches for it. */
  readonly ca?: string
  /** In place of the origin's port. */
  readonly socketPath?: string
}

export type RawAnswer = {
  readonly status: number
  /** By name in lower case; what came twice is joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Spoken = {
  readonly answers: readonly RawAnswer[]
  /** Neither closed nor reset by the gateway in {@link patienceMs}. */
  readonly hung: boolean
}

const patienceMs = 10_000
const quietMs = 500

export function hostOf({ origin }: Pick<Door, "origin">): string {
  return new URL(origin).host
}

/** Opens a connection, with TLS where the door has it. */
async function dial({ origin, ca, socketPath }: Door): Promise<Socket> {
  const { hostname, port } = new URL(origin)
  const where = socketPath === undefined ? { port: Number(port), host: hostname } : { path: socketPath }
  const to = { ...where, allowHalfOpen: true }
  const socket = ca === undefined ? connect(to) : connectTls({ ...to, ca, servername: "localhost" })
  await once(socket, ca === undefined ? "connect" : "secureConnect")
  return socket
}

/**
 * Says all of it at once, and listens until the gateway closes. Where it may wait for more, as for the rest of a chunk, it is
 * told after a while that there is none.
 */
export async function speak(door: Door, bytes: string | Buffer, how: "whole" | "open" = "whole"): Promise<Spoken> {
  const socket = await dial(door)
  const chunks: Buffer[] = []
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk)
    // From here on it is no HTTP.
    if (chunk.toString("latin1").startsWith("HTTP/1.1 101 ")) socket.destroy()
  })
  socket.on("error", () => {}) // a reset is an end like any other
  const closed = new Promise<void>((resolve) => {
    socket.once("end", resolve)
    socket.once("close", () => resolve())
  })
  const sent = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes
  socket.write(sent)
  const quiet = how === "open" ? setTimeout(() => socket.end(), quietMs) : undefined
  let hung = false
  const late = setTimeout(() => {
    hung = true
    socket.destroy()
  }, patienceMs)
  await closed
  clearTimeout(late)
  clearTimeout(quiet)
  socket.destroy()
  return { answers: readAnswers(Buffer.concat(chunks).toString("latin1")), hung }
}

/** The one answer to a request with this head. */
export async function ask(
  door: Door,
  requestLine: string,
  lines: readonly string[],
  body = "",
): Promise<RawAnswer> {
  const isFramed = body === "" || lines.includes("transfer-encoding: chunked")
  const length = isFramed ? [] : [`content-length: ${Buffer.byteLength(body)}`]
  const head = [`${requestLine} HTTP/1.1`, ...lines, ...length, "connection: close", "", body]
  const { answers, hung } = await speak(door, head.join("\r\n"))
  const [answer = { status: 0, headers: {}, body: "closed" }] = answers
  return hung ? { status: 0, headers: {}, body: `not closed after ${answer.status}` } : answer
}

function readAnswers(text: string): readonly RawAnswer[] {
  const answers: RawAnswer[] = []
  let rest = text
  while (rest !== "") {
    const end = rest.indexOf("\r\n\r\n")
    const [first = "", ...lines] = rest.slice(0, end < 0 ? rest.length : end).split("\r\n")
    const status = Number(/^HTTP\/1\.[01] (\d{3}) /.exec(first)?.[1] ?? Number.NaN)
    const headers = readHeaders(lines)
    const [body, after] = end < 0 ? ["", ""] : readBody(headers, rest.slice(end + 4))
    if (!(status < 200) || status === 101) answers.push({ status, headers, body })
    rest = after
  }
  return answers
}

function readHeaders(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const [, name = "", value = ""] = /^([^:]*): ?(.*)$/.exec(line) ?? []
    const known = headers[name.toLowerCase()]
    headers[name.toLowerCase()] = known === undefined ? value : `${known}, ${value}`
  }
  return headers
}

/** @returns the body, and what follows it */
function readBody(headers: Readonly<Record<string, string>>, text: string): readonly [string, string] {
  if (headers["transfer-encoding"] === "chunked") return readChunks(text)
  const length = headers["content-length"]
  if (length === undefined && text.startsWith("HTTP/1.1 ")) return ["", text]
  const end = length === undefined ? text.length : Number(length)
  return [text.slice(0, end), text.slice(end)]
}

function readChunks(text: string): readonly [string, string] {
  let [body, rest] = ["", text]
  for (;;) {
    const line = rest.indexOf("\r\n")
    const size = Number.parseInt(rest.slice(0, line), 16)
    if (line < 0 || !(size > 0)) return [body, rest.slice(line < 0 ? rest.length : line + 4)]
    body += rest.slice(line + 2, line + 2 + size)
    rest = rest.slice(line + 2 + size + 2)
  }
}
