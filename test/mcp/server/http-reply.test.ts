import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { test } from "node:test"
import { startEventStream, writeEvent } from "../../../src/mcp/channels/sse-writer.ts"
import { HttpReply, type EventSink } from "../../../src/mcp/server/http-reply.ts"

const answer = Buffer.from('{"jsonrpc":"2.0","id":1,"result":{}}')

function openStream(response: ServerResponse): EventSink {
  startEventStream(response)
  return { send: (data) => writeEvent(response, { event: "message", data }), end: () => response.end() }
}

/** What a client gets of a reply that is used so. */
async function received(use: (reply: HttpReply) => void): Promise<readonly [string | null, string]> {
  const server = createServer((_, response) => use(new HttpReply(response, () => openStream(response))))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) })
    return [response.headers.get("content-type"), await response.text()]
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test("what comes after the answer, in the same turn, does not take its place", async () => {
  const sent: boolean[] = []
  const got = await received((reply) => {
    reply.finish(answer, 200)
    sent.push(reply.send(Buffer.from("late")))
    reply.stream()
  })
  assert.deepEqual([got, sent], [["application/json", answer.toString()], [false]])
})

test("what comes before the answer makes it the end of a stream", async () => {
  const [type, text] = await received((reply) => {
    reply.send(Buffer.from("early"))
    reply.finish(answer, 200)
  })
  assert.equal(type, "text/event-stream")
  assert.match(text, /data: early[^]*data: \{"jsonrpc"/)
})
