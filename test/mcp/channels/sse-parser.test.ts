import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { createSseParser } from "../../../src/mcp/channels/sse-parser.ts"
import { cutAt } from "./chunks.ts"

type Seen = { event: string; data: string; id: string | undefined }

function read(chunks: readonly (Buffer | string)[], maxEventBytes = 100_000) {
  const events: Seen[] = []
  const comments: string[] = []
  const parser = createSseParser({
    maxEventBytes,
    onEvent: ({ event, data, id }) => events.push({ event, data: data.toString(), id }),
    onComment: (comment) => comments.push(comment.toString()),
  })
  for (const chunk of chunks) parser.push(Buffer.from(chunk))
  return { events, comments, retryMs: parser.retryMs, lastEventId: parser.lastEventId }
}

const dataOf = (text: string): string[] => read([text]).events.map(({ data }) => data)

test("the three line ends mean the same", () => {
  for (const end of ["\n", "\r", "\r\n"]) {
    assert.deepEqual(read([["event: message", "id: 7", "data: {}", "", ""].join(end)]).events, [
      { event: "message", data: "{}", id: "7" },
    ])
  }
})

test("the examples of the standard read as it says", () => {
  assert.deepEqual(dataOf("data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"])
  assert.deepEqual(
    read([": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"]),
    {
      events: [
        { event: "message", data: "first event", id: "1" },
        { event: "message", data: "second event", id: "" },
        { event: "message", data: " third event", id: "" },
      ],
      comments: [" test stream"],
      retryMs: undefined,
      lastEventId: "",
    },
  )
  assert.deepEqual(dataOf("data\n\ndata\ndata\n\ndata:"), ["", "\n"])
  assert.deepEqual(dataOf("data:test\n\ndata: test\n\n"), ["test", "test"])
})

test("a mark at the start of the stream is no part of it, and later it is", () => {
  assert.deepEqual(dataOf("\uFEFFdata: a\n\n\uFEFFdata: b\n\ndata: c\n\n"), ["a", "c"])
})

test("ids and retry times without data are remembered and are no events", () => {
  const seen = read(["id: 5\nretry: 250\n\nid: bad\0id\nretry: soon\n\n"])
  assert.deepEqual(seen, { events: [], comments: [], retryMs: 250, lastEventId: "5" })
})

test("unknown fields and an event name without data are ignored", () => {
  assert.deepEqual(dataOf("event: lost\n\ndata: kept\nunknown: x\nDATA: y\n data: z\n\n"), ["kept"])
  assert.equal(read(["event: lost\n\ndata: kept\n\n"]).events[0]?.event, "message")
})

test("an event that the end of the stream cut off never comes", () => {
  assert.deepEqual(dataOf("data: whole\n\ndata: cut\n"), ["whole"])
})

test("any chunking gives the same events", () => {
  const end = fc.constantFrom("\n", "\r", "\r\n")
  const line = fc.constantFrom(
    "data: {}",
    "data:",
    "data",
    "data: é\u2028",
    "event: x",
    "id: 1",
    ": hm",
    "",
    "",
    "retry: 5",
  )
  const stream = fc.array(fc.tuple(line, end)).map((lines) => `\uFEFF${lines.flat().join("")}`)
  fc.assert(
    fc.property(stream, fc.array(fc.nat(200)), (text, cuts) => {
      assert.deepEqual(read(cutAt(Buffer.from(text), cuts)), read([text]))
    }),
  )
})

test("data of one line that lies in one chunk is a view into it", () => {
  const chunk = Buffer.from("data: abc\n\n")
  const seen: Buffer[] = []
  createSseParser({ maxEventBytes: 100, onEvent: ({ data }) => seen.push(data) }).push(chunk)
  chunk.fill("x")
  assert.deepEqual(seen.map(String), ["xxx"])
})

test("an event over the limit is refused: one long line, many short ones, one that never ends, a long comment", () => {
  const floods = ["data: 0123456789\n\n", "data:\ndata:\ndata:\n", "xxxxxxxxxxxxxxxxxx", `:${"x".repeat(20)}\n`]
  for (const flood of floods)
    assert.throws(() => read(flood.split("").map(String), 12), { code: "too_large" }, flood)
  assert.deepEqual(read(["data: 012345\n\n".repeat(3), ": hm\n".repeat(9)], 12).events.length, 3)
})

test("after its end a parser gives nothing, not even from the chunk it is reading", () => {
  const seen: string[] = []
  const parser = createSseParser({
    maxEventBytes: 100,
    onEvent: ({ data }) => {
      seen.push(data.toString())
      parser.end()
    },
  })
  parser.push(Buffer.from("data: 1\n\ndata: 2\n\n"))
  parser.push(Buffer.from("data: 3\n\n"))
  assert.deepEqual(seen, ["1"])
})

test("DS-09 comments, blank lines and empty events without end are refused, unless an event comes between", () => {
  for (const idle of [": still here\n\n", "\n", "\r\n", "id: 1\n\n", "data:\n\n", "event: none\n\n"]) {
    const half = idle.repeat(Math.ceil(700_000 / idle.length))
    const { events } = read(["data: 1\n\n", half, "data: 2\n\n", half])
    assert.equal(events.filter(({ data }) => data !== "").length, 2, idle)
    assert.throws(() => read([half, half]), { code: "service_unavailable", message: /comments/ }, idle)
  }
})
