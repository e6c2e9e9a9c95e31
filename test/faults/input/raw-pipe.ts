/**
 * A client of HTTP/1.1 that sends bytes as they are given and keeps its connection while the other side does. Reads
 * just enough of an answer to know where it ends; an event stream is left as soon as its head has come.
 */

import { connect, type Socket } from "node:net"

export type RawAnswer = {
  /** 0 where the connection ended without an answer. */
  readonly status: number
  readonly type: string
  readonly sessionId: string | undefined
  readonly body: string
  readonly tookMs: number
}

type Read = Omit<RawAnswer, "tookMs"> & { readonly closes: boolean }

type Head = { readonly status: number; readonly fields: ReadonlyMap<string, string>; readonly end: number }

/** Longer than any answer takes, however slow the machine. */
const deadlineMs = 20_000

export class RawPipe {
  readonly #port: number
  #socket: Socket | undefined

  constructor(port: number) {
    this.#port = port
  }

  /** One request and its answer; our half of the connection may close after it. Requests of one pipe go one after the other. */
  async exchange(
    bytes: Buffer,
    { half = "open" }: { readonly half?: "open" | "closed" } = {},
  ): Promise<RawAnswer> {
    const socket = this.#socket?.writable ? this.#socket : await this.#open()
    const isHead = bytes.subarray(0, 5).toString("latin1") === "HEAD "
    const startMs = performance.now()
    const { closes, ...answer } = await new Promise<Read>((resolve) => {
      let received: Buffer = Buffer.alloc(0)
      const settle = (ended: boolean): void => {
        const read = readAnswer(received, { ended, isHead })
        if (!read) return
        socket.off("data", take).off("close", onClose)
        clearTimeout(timer)
        resolve(read)
      }
      const take = (chunk: Buffer): void => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
        settle(false)
      }
      const onClose = (): void => settle(true)
      const timer = setTimeout(() => socket.destroy(), deadlineMs)
      socket.on("data", take).on("close", onClose)
      if (half === "closed") socket.end(bytes)
      else socket.write(bytes)
    })
    if (closes) this.reset()
    return { ...answer, tookMs: performance.now() - startMs }
  }

  /** The next exchange has a connection of its own. */
  reset(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  async #open(): Promise<Socket> {
    const socket = connect(this.#port, "127.0.0.1")
    socket.setNoDelay()
    socket.on("error", () => socket.destroy())
    await new Promise((resolve) => socket.once("connect", resolve).once("close", resolve))
    this.#socket = socket
    return socket
  }
}

type Reading = { readonly ended: boolean; readonly isHead: boolean }

const noAnswer = { status: 0, type: "", sessionId: undefined, closes: true }

/** @returns undefined while more must come */
function readAnswer(bytes: Buffer, { ended, isHead }: Reading): Read | undefined {
  const head = readHead(bytes)
  if (!head) return ended ? { ...noAnswer, body: bytes.toString() } : undefined
  const { status, fields, end } = head
  if (status < 200 && status !== 101) return readAnswer(bytes.subarray(end), { ended, isHead })
  const type = fields.get("content-type") ?? ""
  const isStream = type.startsWith("text/event-stream")
  const hasBody = !isHead && !isStream && status !== 204 && status !== 101
  const body = hasBody ? readBody(bytes.subarray(end), fields) : Buffer.alloc(0)
  if (!body && !ended) return undefined
  const closes = isStream || status === 101 || !body || fields.get("connection") === "close"
  const sessionId = fields.get("mcp-session-id")
  return { status, type, sessionId, body: (body ?? bytes.subarray(end)).toString(), closes }
}

function readHead(bytes: Buffer): Head | undefined {
  const end = bytes.indexOf("\r\n\r\n")
  if (end < 0) return undefined
  const [first = "", ...lines] = bytes.toString("latin1", 0, end).split("\r\n")
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(":")
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  return { status: Number(first.split(" ")[1]), fields: new Map(fields), end: end + 4 }
}

function readBody(bytes: Buffer, fields: Head["fields"]): Buffer | undefined {
  const length = fields.get("content-length")
  if (length !== undefined) return bytes.length >= Number(length) ? bytes.subarray(0, Number(length)) : undefined
  return fields.get("transfer-encoding") === "chunked" ? readChunks(bytes) : undefined
}

function readChunks(bytes: Buffer): Buffer | undefined {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const line = bytes.indexOf("\r\n", at)
    if (line < 0) return undefined
    const size = Number.parseInt(bytes.toString("latin1", at, line), 16)
    if (size === 0) return bytes.indexOf("\r\n\r\n", at) < 0 ? undefined : Buffer.concat(chunks)
    chunks.push(bytes.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
    if (at > bytes.length) return undefined
  }
}
