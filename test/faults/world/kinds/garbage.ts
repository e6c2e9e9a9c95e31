/** Services that say what is no message, or a message that breaks its own rules. */

import { gzipSync } from "node:zlib"
import { overHttp, type Kinds, type Turn } from "../service/kind.ts"
import { properAnswer } from "../service/manners.ts"
import { frame, say } from "../service/mouth.ts"

const html = "<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>"
const binary = Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 131) % 256))
const invalidUtf8 = Buffer.from([0x22, 0xc3, 0x28, 0xa0, 0xff, 0xfe, 0x22])
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

export const garbage: Kinds = {
  binary: { id: "DS-11", does: "answers with bytes of no meaning", gets: ["error"], call: saysAlways(binary) },
  html: { id: "DS-11", does: "answers with a web page", gets: ["error"], call: saysAlways(html) },
  "empty-text": { id: "DS-11", does: "answers with an empty message", gets: ["error"], call: saysAlways("") },
  "null-only": { id: "DS-11", does: "answers with null", gets: ["error"], call: saysAlways("null") },
  "mark-first": {
    id: "DS-11",
    does: "begins its answer with a byte order mark",
    gets: ["error", "answered"],
    call: (turn) => frame(turn.mouth, Buffer.concat([byteOrderMark, bytesOf(turn)])),
  },
  "invalid-utf8": {
    id: "DS-11",
    does: "has invalid UTF-8 in the text of its answer",
    gets: ["error"],
    call: (turn) => {
      const [before = "", after = ""] = bytesOf(turn).toString().split(`"${turn.nonce}"`)
      return frame(turn.mouth, Buffer.concat([Buffer.from(before), invalidUtf8, Buffer.from(after)]))
    },
  },
  banner: {
    id: "DS-11",
    does: "prints a banner before it speaks, and logs to the pipe it speaks on",
    over: ["stdio"],
    gets: ["answered"],
    start: () => console.log("Welcome to the world 1.0\n[1/2] loading\n{not json}\n"),
    call: async (turn) => {
      console.log(`INFO calling ${turn.nonce} {"jsonrpc": "2.0"}`)
      await turn.proper()
    },
  },
  "unframed-bytes": {
    id: "DS-11",
    does: "writes past the framing of its transport",
    over: ["websocket", "sse", "unix"],
    gets: ["error"],
    call: async ({ mouth }) => {
      await mouth.raw(binary)
      mouth.end()
    },
  },
  "gzip-bomb": {
    id: "DS-10",
    does: "answers with a small gzip of a gigabyte",
    over: overHttp,
    gets: ["unknown"],
    headers: { "content-encoding": "gzip" },
    introduce: ({ mouth }) => frame(mouth, bomb()),
  },
  "compressed-frame": {
    id: "DS-10",
    does: "sends a compressed frame that was never agreed on",
    over: ["websocket"],
    gets: ["error"],
    // FIN, RSV1, text; 100 bytes of payload.
    call: ({ mouth }) => mouth.raw(Buffer.concat([Buffer.from([0xc1, 100]), Buffer.alloc(100, 0x61)])),
  },
  "huge-frame-announced": {
    id: "DS-07",
    does: "announces a frame of a terabyte",
    over: ["websocket"],
    gets: ["error"],
    call: ({ mouth }) => mouth.raw(Buffer.from([0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0x61])),
  },
  "both-members": {
    id: "DS-11",
    does: "answers with a result and an error at once",
    gets: ["error"],
    call: (turn) =>
      say(turn.mouth, {
        id: turn.message.id,
        ...properAnswer(turn.era, turn.message),
        error: { code: 1, message: "" },
      }),
  },
  "error-of-odd-shape": {
    id: "DS-11",
    does: "answers with an error that is none",
    gets: ["error"],
    call: (turn) => say(turn.mouth, { id: turn.message.id, error: "no" }),
  },
  "result-of-odd-shape": {
    id: "DS-11",
    does: "answers with a result that is a list",
    gets: ["error"],
    call: (turn) => say(turn.mouth, { id: turn.message.id, result: [] }),
  },
  "other-versions": {
    id: "DS-22",
    does: "speaks no revision that the gateway knows",
    gets: ["unknown"],
    introduce: (turn) =>
      turn.result(
        turn.era === "legacy"
          ? {
              protocolVersion: "1999-01-01",
              capabilities: { tools: {} },
              serverInfo: { name: "old", version: "0" },
            }
          : { resultType: "complete", supportedVersions: ["2099-01-01"], capabilities: { tools: {} } },
      ),
  },
  "breaks-its-schema": {
    id: "DS-23",
    does: "answers with what its outputSchema does not allow",
    gets: ["answered"],
    list: (turn) => {
      const outputSchema = { type: "object", properties: { n: { type: "number" } }, required: ["n"] }
      return turn.result({
        ...(turn.era === "modern" && { resultType: "complete", ttlMs: 0, cacheScope: "private" }),
        tools: [{ name: "echo", inputSchema: { type: "object" }, outputSchema }],
      })
    },
  },
  "fails-properly": {
    id: "DS-24",
    does: "answers isError: true",
    gets: ["answered"],
    call: (turn) =>
      turn.result({ ...(properAnswer(turn.era, turn.message) as { result: object }).result, isError: true }),
  },
}

function saysAlways(bytes: Buffer | string): (turn: Turn) => Promise<void> {
  return ({ mouth }) => frame(mouth, bytes)
}

function bytesOf({ era, message }: Turn): Buffer {
  return Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: message.id, ...properAnswer(era, message) }))
}

/** A gigabyte of zeros, as members of gzip one after the other. */
function bomb(): Buffer {
  const member = gzipSync(Buffer.alloc(16 * 1_048_576))
  return Buffer.concat(Array.from({ length: 64 }, () => member))
}
