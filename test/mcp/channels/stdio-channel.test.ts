import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { PassThrough, Writable } from "node:stream"
import { test, type TestContext } from "node:test"
import type { Channel } from "../../../src/mcp/channels/channel.ts"
import { openStdioChannel } from "../../../src/mcp/channels/stdio-channel.ts"
import { collect } from "./collect.ts"

const maxMessageBytes = 1_000

function startChild(t: TestContext, script: string) {
  const child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "inherit"] })
  t.after(() => child.kill("SIGKILL"))
  return { child, channel: openStdioChannel({ input: child.stdout, output: child.stdin, maxMessageBytes }) }
}

function inMemory(): { channel: Channel; input: PassThrough; output: PassThrough } {
  const [input, output] = [new PassThrough(), new PassThrough()]
  return { channel: openStdioChannel({ input, output, maxMessageBytes }), input, output }
}

test("messages reach a child and come back in order, and closing lets it exit", async (t) => {
  const { child, channel } = startChild(t, "process.stdin.pipe(process.stdout)")
  const seen = collect(channel)
  const sent = Array.from({ length: 500 }, (_, id) => `{"id":${id}}`)
  for (const message of sent) channel.send(Buffer.from(message))
  assert.deepEqual(await seen.next(500), sent)
  channel.close()
  assert.equal(await channel.closed, undefined)
  assert.deepEqual(await once(child, "exit"), [0, null])
})

test("what was sent before closing still arrives, what is sent after does not", async () => {
  const { channel, output } = inMemory()
  channel.send(Buffer.from("1"))
  channel.close()
  channel.send(Buffer.from("2"))
  assert.deepEqual(String(Buffer.concat(await output.toArray())), "1\n")
})

test("a child that exits ends the channel after its last message", async (t) => {
  const { channel } = startChild(t, `console.log("{}")`)
  const seen = collect(channel)
  assert.equal((await channel.closed)?.code, "service_unavailable")
  assert.deepEqual(seen.messages, ["{}"])
})

test("a child that closed its stdin ends the channel instead of this process", async (t) => {
  const { child, channel } = startChild(
    t,
    `process.stdin.destroy(); setInterval(() => {}, 1_000); console.log("{}")`,
  )
  await collect(channel).next(1)
  child.stdin.destroy(new Error("EPIPE"))
  assert.equal((await channel.closed)?.code, "service_unavailable")
})

test("a line over the limit ends the channel as too large", async (t) => {
  const { channel } = startChild(t, `process.stdout.write("x".repeat(100_000)); setInterval(() => {}, 1_000)`)
  collect(channel)
  assert.equal((await channel.closed)?.code, "too_large")
})

test("a message with line ends between its tokens stays one message", async () => {
  const { channel, output } = inMemory()
  channel.send(Buffer.from('{\r\n"jsonrpc": "2.0"\n}'))
  assert.equal(String((await once(output, "data"))[0]), '{  "jsonrpc": "2.0" }\n')
})

test("messages of one turn of the event loop are one write", async () => {
  const { channel, output } = inMemory()
  channel.send(Buffer.from("1"))
  channel.send(Buffer.from("2"))
  assert.equal(String((await once(output, "data"))[0]), "1\n2\n")
})

test("a listener that closes the channel gets no more, even from the same chunk", async () => {
  const { channel, input } = inMemory()
  const seen: string[] = []
  channel.listen((bytes) => {
    seen.push(bytes.toString())
    channel.close()
  })
  input.write("1\n2\n")
  await channel.closed
  assert.deepEqual(seen, ["1"])
})

test("a listener that throws ends the channel with an error that shows nothing of it", async () => {
  const { channel, input } = inMemory()
  channel.listen(() => {
    throw new Error("secret")
  })
  input.write("1\n")
  const reason = await channel.closed
  assert.equal(reason?.code, "internal")
  assert.doesNotMatch(reason.message, /secret/)
})

test("a reader that stops reading is cut off once 64 MiB wait for it", async () => {
  const stuck = new Writable({ write: () => undefined })
  const channel = openStdioChannel({ input: new PassThrough(), output: stuck, maxMessageBytes })
  const megabyte = Buffer.alloc(1024 * 1024, "x")
  for (let sent = 0; sent < 66; sent += 1) channel.send(megabyte)
  assert.equal((await channel.closed)?.code, "overloaded")
  assert.equal(stuck.destroyed, true)
})

test("DS-27 what does not fit into a full pipe is refused by itself, where its sender can be told", async () => {
  const stuck = new Writable({ write: () => undefined })
  const channel = openStdioChannel({ input: new PassThrough(), output: stuck, maxMessageBytes })
  const refused: string[] = []
  const megabyte = Buffer.alloc(1024 * 1024, "x")
  for (let sent = 0; sent < 65; sent += 1) channel.send(megabyte, ({ code }) => refused.push(code))
  assert.deepEqual(refused, ["overloaded"])
  channel.close()
  assert.equal(await channel.closed, undefined)
})

test("DS-27 a reader that reads nothing for too long ends the channel, one that is only slow does not", async () => {
  const stuck = new Writable({ write: () => undefined, highWaterMark: 1 })
  const dead = openStdioChannel({ input: new PassThrough(), output: stuck, maxMessageBytes, stallMs: 50 })
  dead.send(Buffer.from("{}"))
  assert.match((await dead.closed)?.message ?? "", /read nothing for 50 ms \(limits\.writeMs\)/)

  const slow = new Writable({ write: (_chunk, _encoding, done) => void setTimeout(done, 60), highWaterMark: 1 })
  const alive = openStdioChannel({ input: new PassThrough(), output: slow, maxMessageBytes, stallMs: 200 })
  for (let sent = 0; sent < 10; sent += 1) {
    alive.send(Buffer.from("{}"))
    await new Promise(setImmediate)
  }
  await Promise.race([alive.closed.then(assert.fail), once(slow, "drain")])
  alive.close()
})
