/** IN-19: frames that are wrong, in pieces or too many. Those that are too large: test/faults/exhaustion/websocket-abuse.test.ts. */

import { legacyMessage } from "../messages.ts"
import type { Ground } from "../ground.ts"
import { frame, throwFrames } from "./frames.ts"

type Expected = "answered" | readonly number[]

const ping = Buffer.from(JSON.stringify(legacyMessage("ping", {}, "nonce")))
const asked = frame({ opcode: 1, payload: ping })
const bad = Buffer.from([0x22, 0xc3, 0x28, 0x22])
const euro = Buffer.from('"€"')
const [protocolError, noUtf8] = [[1_002], [1_007]] as const
const pieces = [...ping].map((byte, index) =>
  frame({
    opcode: index === 0 ? 1 : 0,
    payload: Buffer.from([byte]),
    ...(index < ping.length - 1 && { unfinished: true }),
  }),
)
const flood = (times: number, bytes: Buffer): Buffer => Buffer.concat(Array.from({ length: times }, () => bytes))

const cases: readonly (readonly [what: string, bytes: Buffer, expected: Expected])[] = [
  ["a message", asked, "answered"],
  ["a byte at a time", Buffer.concat(pieces), "answered"],
  [
    "a ping within a message",
    Buffer.concat([...pieces.slice(0, 9), frame({ opcode: 9 }), ...pieces.slice(9)]),
    "answered",
  ],
  [
    "10,000 pings",
    Buffer.concat([flood(10_000, frame({ opcode: 9, payload: Buffer.alloc(125) })), asked]),
    "answered",
  ],
  ["10,000 pongs", Buffer.concat([flood(10_000, frame({ opcode: 10 })), asked]), "answered"],
  ["10,000 empty messages", Buffer.concat([flood(10_000, frame({ opcode: 1 })), asked]), "answered"],
  [
    "10,000 pieces of nothing",
    Buffer.concat([
      frame({ opcode: 1, unfinished: true }),
      flood(10_000, frame({ opcode: 0, unfinished: true })),
      frame({ opcode: 0, payload: ping }),
    ]),
    "answered",
  ],
  ["no JSON", Buffer.concat([frame({ opcode: 1, payload: Buffer.from("{") }), asked]), "answered"],
  ["no message", Buffer.concat([frame({ opcode: 1, payload: Buffer.from("[[]]") }), asked]), "answered"],
  [
    "no UTF-8 over two pieces",
    Buffer.concat([
      frame({ opcode: 1, payload: bad.subarray(0, 2), unfinished: true }),
      frame({ opcode: 0, payload: bad.subarray(2) }),
    ]),
    noUtf8,
  ],
  ["a character cut by the end", frame({ opcode: 1, payload: euro.subarray(0, 3) }), noUtf8],
  ["more than can be counted announced", frame({ opcode: 1, claims: 2n ** 63n - 1n }), [1_002, 1_009]],
  ["no mask", frame({ opcode: 1, payload: ping, unmasked: true }), protocolError],
  ["reserved bits", frame({ opcode: 1, payload: ping, reserved: 3 }), protocolError],
  ...[3, 7, 11, 15].map((opcode) => [`opcode ${opcode}`, frame({ opcode }), protocolError] as const),
  ["a message within a message", Buffer.concat([frame({ opcode: 1, unfinished: true }), asked]), protocolError],
  ["a ping in pieces", frame({ opcode: 9, unfinished: true }), protocolError],
  ["a ping over its limit", frame({ opcode: 9, payload: Buffer.alloc(126) }), protocolError],
  ["a close of one byte", frame({ opcode: 8, payload: Buffer.alloc(1) }), protocolError],
  ...[0, 999, 1_004, 1_005, 1_006, 1_015, 5_000].map(
    (code) =>
      [
        `a close with ${code}`,
        frame({ opcode: 8, payload: Buffer.from([code >> 8, code & 255]) }),
        protocolError,
      ] as const,
  ),
  ["a close that is no UTF-8", frame({ opcode: 8, payload: Buffer.from([3, 232, 0xff]) }), noUtf8],
  ["a close", frame({ opcode: 8, payload: Buffer.from([3, 232]) }), [1_000]],
]

/** @returns a sentence for each that was not taken as it should be, or left something behind */
export async function websocketEdges(door: Pick<Ground, "port" | "fields">): Promise<readonly string[]> {
  const violations: string[] = []
  for (const [what, bytes, expected] of cases) {
    const { texts, closedWith } = await throwFrames(door, bytes, isAnswered)
    const isRight = expected === "answered" ? isAnswered(texts) : expected.includes(closedWith ?? 0)
    if (!isRight) violations.push(`IN-19 ${what}: ${texts.join(" ").slice(0, 200)} and closed with ${closedWith}`)
    const next = await throwFrames(door, asked, isAnswered)
    if (!isAnswered(next.texts)) violations.push(`IN-19 after ${what} the next message was not answered`)
  }
  return violations
}

function isAnswered(texts: readonly string[]): boolean {
  return texts.some((text) => text.includes('"nonce"') && text.includes('"result"'))
}
