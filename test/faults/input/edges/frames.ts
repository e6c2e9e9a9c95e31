/** A WebSocket whose frames are written by hand, for what no proper client would send. */

import { connect } from "node:net"
import type { Field } from "../http-bytes.ts"

export type FrameDraft = {
  /** 1 text, 2 binary, 0 more of the same, 8 close, 9 ping, 10 pong. */
  readonly opcode: number
  readonly payload?: Buffer
  /** Whether more of the message is to come. */
  readonly unfinished?: true
  /** The three bits for extensions. */
  readonly reserved?: number
  readonly unmasked?: true
  /** What it says of its length, where that is not true. */
  readonly claims?: bigint
}

export function frame({
  opcode,
  payload = Buffer.alloc(0),
  unfinished,
  reserved = 0,
  unmasked,
  claims,
}: FrameDraft): Buffer {
  const first = (unfinished ? 0 : 0x80) | (reserved << 4) | opcode
  const mask = unmasked ? 0 : 0x80
  const head = lengthOf(claims ?? BigInt(payload.length), mask)
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([Buffer.from([first]), head, Buffer.alloc(unmasked ? 0 : 4), payload])
}

function lengthOf(length: bigint, mask: number): Buffer {
  if (length < 126n) return Buffer.from([mask | Number(length)])
  const bytes = Buffer.alloc(length < 65_536n ? 3 : 9)
  bytes[0] = mask | (length < 65_536n ? 126 : 127)
  if (length < 65_536n) bytes.writeUInt16BE(Number(length), 1)
  else bytes.writeBigUInt64BE(length, 1)
  return bytes
}

export type Heard = {
  readonly texts: readonly string[]
  /** Of the close frame; undefined where the connection ended without one. */
  readonly closedWith: number | undefined
}

/** Longer than any answer takes, however slow the machine. */
const deadlineMs = 20_000

/** Sends all, and listens until the other side closes or has said what `enough` waits for. */
export async function throwFrames(
  { port, fields }: { readonly port: number; readonly fields: readonly Field[] },
  bytes: Buffer,
  enough: (texts: readonly string[]) => boolean,
): Promise<Heard> {
  const socket = connect(port, "127.0.0.1")
  socket.on("error", () => socket.destroy())
  const lines = [...fields, ...handshake].map(([name, value]) => `${name}: ${value}`)
  socket.write(["GET /mcp HTTP/1.1", ...lines, "", ""].join("\r\n"))
  socket.write(bytes)
  const timer = setTimeout(() => socket.destroy(), deadlineMs)
  let received: Buffer = Buffer.alloc(0)
  let heard = read(received)
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    heard = read(received)
    if (heard.closedWith !== undefined || enough(heard.texts)) socket.destroy()
  })
  await new Promise((resolve) => socket.once("close", resolve))
  clearTimeout(timer)
  return heard
}

const handshake: readonly Field[] = [
  ["connection", "Upgrade"],
  ["upgrade", "websocket"],
  ["sec-websocket-version", "13"],
  ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
  ["sec-websocket-extensions", "permessage-deflate"],
]

function read(bytes: Buffer): Heard {
  const texts: string[] = []
  let at = bytes.indexOf("\r\n\r\n") + 4
  if (at < 4) return { texts, closedWith: undefined }
  for (;;) {
    const [first, short] = [bytes[at], bytes[at + 1]]
    if (first === undefined || short === undefined) return { texts, closedWith: undefined }
    const start = at + (short === 126 ? 4 : short === 127 ? 10 : 2)
    if (start > bytes.length) return { texts, closedWith: undefined }
    const length =
      short < 126 ? short : Number(short === 126 ? bytes.readUInt16BE(at + 2) : bytes.readBigUInt64BE(at + 2))
    const payload = bytes.subarray(start, start + length)
    if (payload.length < length) return { texts, closedWith: undefined }
    if ((first & 15) === 8) return { texts, closedWith: length < 2 ? 1_005 : payload.readUInt16BE(0) }
    if ((first & 15) === 1) texts.push(payload.toString())
    at = start + length
  }
}
