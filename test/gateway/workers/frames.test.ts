import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { FrameReader, writeFrame, type Parcel, type Received } from "../../../src/gateway/workers/line/frames.ts"
import { readableJson } from "../../support/readable-json.ts"

const pieces = fc.array(fc.uint8Array({ maxLength: 40 }).map(Buffer.from), { maxLength: 3 })
const parcel = fc.record({
  message: readableJson.map((value) => ({ value })),
  bytes: fc.array(pieces, { maxLength: 2 }),
})
const turns = fc.array(fc.array(parcel, { minLength: 1, maxLength: 4 }), { maxLength: 4 })

test("what was said in any number of turns is heard in order, wherever the pipe cuts it", () => {
  fc.assert(
    fc.property(turns, fc.integer({ min: 1, max: 64 }), (said, chunkBytes) => {
      assert.deepEqual(hear(Buffer.concat(said.map(writeFrame)), chunkBytes), said.flat().map(asHeard))
    }),
  )
})

test("nothing is heard of a turn that did not come whole", () => {
  const frame = writeFrame([{ message: { type: "note" }, bytes: [[Buffer.from("some"), Buffer.from("thing")]] }])
  assert.deepEqual(hear(frame.subarray(0, -1), 7), [])
})

function hear(bytes: Buffer, chunkBytes: number): readonly Received[] {
  const reader = new FrameReader()
  const heard: Received[] = []
  for (let at = 0; at < bytes.length; at += chunkBytes)
    heard.push(...reader.read(bytes.subarray(at, at + chunkBytes)))
  return heard.map(({ message, bytes: parts }) => ({ message, bytes: parts.map((part) => Buffer.from(part)) }))
}

function asHeard({ message, bytes }: Parcel): Received {
  return {
    message: JSON.parse(JSON.stringify(message)) as unknown,
    bytes: bytes.map((parts) => Buffer.concat(parts)),
  }
}
