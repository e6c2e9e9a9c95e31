import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { test, type TestContext } from "node:test"
import * as fc from "fast-check"
import { createSseParser, type SseEvent } from "../../../src/mcp/channels/sse-parser.ts"
import { startEventStream, writeComment, writeEvent } from "../../../src/mcp/channels/sse-writer.ts"

async function serve(t: TestContext, write: (response: ServerResponse) => void): Promise<IncomingMessage> {
  const server = createServer((_request, response) => write(response))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => server.close())
  const request = get({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", agent: false })
  const [response] = (await once(request, "response")) as [IncomingMessage]
  return response
}

async function written(t: TestContext, write: (response: ServerResponse) => void): Promise<Buffer> {
  const response = await serve(t, (response) => {
    startEventStream(response)
    write(response)
    response.end()
  })
  return Buffer.concat(await response.toArray())
}

test("an event is its fields, its data and a blank line", async (t) => {
  const bytes = await written(t, (response) => {
    writeEvent(response, { event: "message", id: "7", retry: 250, data: Buffer.from("{}") })
    writeEvent(response, { data: Buffer.alloc(0) })
    writeComment(response, "hm")
  })
  assert.equal(bytes.toString(), "event: message\nid: 7\nretry: 250\ndata: {}\n\ndata: \n\n: hm\n\n")
})

test("data holds no line end that could start a field, nor does a name or an id", async (t) => {
  const bytes = await written(t, (response) => {
    writeEvent(response, { event: "a\nid: b", id: "c\r\ndata: d", data: Buffer.from("e\nid: f\r\n\rg\n") })
  })
  assert.equal(bytes.toString(), "event: aid: b\nid: cdata: d\ndata: e\ndata: id: f\ndata: \ndata: g\ndata: \n\n")
})

test("whatever is written is read back, each kind of line end as one", async (t) => {
  const piece = fc.constantFrom("\n", "\r", "\r\n", "data:", ": ", "é", "{}", " ")
  const texts = fc.sample(fc.array(piece), 200).map((pieces) => pieces.join(""))
  const bytes = await written(t, (response) => {
    for (const text of texts) writeEvent(response, { data: Buffer.from(text) })
  })
  const events: SseEvent[] = []
  createSseParser({ maxEventBytes: 10_000, onEvent: (event) => events.push(event) }).push(bytes)
  assert.deepEqual(
    events.map(({ data }) => data.toString()),
    texts.map((text) => text.replaceAll(/\r\n|\r/g, "\n")),
  )
})

test("a stream that has ended or whose reader has gone takes nothing more and throws nothing", async (t) => {
  const answers: boolean[] = []
  await written(t, (response) => {
    answers.push(writeEvent(response, { data: Buffer.from("1") }))
    response.end()
    answers.push(writeEvent(response, { data: Buffer.from("2") }))
    response.destroy()
    startEventStream(response)
    answers.push(writeComment(response, "3"))
  }).catch(() => undefined)
  assert.deepEqual(answers, [true, false, false])
})
