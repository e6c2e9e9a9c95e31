import assert from "node:assert/strict"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { createServer, getCACertificates, setDefaultCACertificates, type TLSSocket } from "node:tls"
import { test, type TestContext } from "node:test"
import type { Item } from "../../src/sinks/sink.ts"
import type { SyslogSettings } from "../../src/sinks/syslog-sink.ts"
import { openSyslogSink } from "../../src/sinks/syslog-sink.ts"
import { makeCertificate } from "./certificate.ts"
import { Entries, kit, until } from "./sinks-kit.ts"

type Collector = {
  readonly port: number
  readonly sockets: Set<TLSSocket>
  /** The keys of what it has read, without doubles. */
  readonly keys: Set<string>
  close(): Promise<void>
}

const good = makeCertificate("127.0.0.1")

/** One that hangs takes connections and what the system's buffers hold, and reads nothing. */
async function collector(t: TestContext, how: "reads" | "hangs", port = 0): Promise<Collector> {
  const sockets = new Set<TLSSocket>()
  const keys = new Set<string>()
  const server = createServer(good, (socket) => {
    let text = ""
    sockets.add(socket)
    socket.on("error", () => undefined)
    const read = (chunk: Buffer): void => {
      text += chunk.toString()
      for (const [, key = ""] of text.matchAll(/key="([^"]+)"/g)) keys.add(key)
      text = text.slice(-200)
    }
    if (how === "hangs") socket.pause()
    else socket.on("data", read)
  })
  await once(server.listen(port, "127.0.0.1"), "listening")
  const close = async (): Promise<void> => {
    if (!server.listening) return
    for (const socket of sockets) socket.destroy()
    await once(server.close(), "close")
  }
  t.after(close)
  return { port: (server.address() as AddressInfo).port, sockets, keys, close }
}

function settingsOf({ port }: Collector): SyslogSettings {
  return { host: "127.0.0.1", port, ca: good.cert, format: "jsonl" }
}

async function itemsOf(entries: Entries): Promise<readonly Item[]> {
  return (await entries.after(0, 1_000)).map(({ id, kept }) => ({ key: `a/${id}`, kept, line: "x".repeat(100) }))
}

const never = new AbortController().signal

test("what a collector that hangs had taken is sent again once it is back, in however many batches it came", async (t) => {
  const hanging = await collector(t, "hangs")
  const sink = openSyslogSink({ ...settingsOf(hanging), now: () => 0 })
  const entries = new Entries()
  entries.add(40)
  const items = await itemsOf(entries)
  for (const item of items.slice(0, -1)) await sink.send([item], never)
  assert.equal(sink.uncertain, 39)
  await hanging.close()
  const back = await collector(t, "reads", hanging.port)
  // the sink learns of the end by a try, and one whose bytes the system took before it knew has gone well
  await until(async () => {
    await sink.send(items.slice(-1), never).catch(() => undefined)
    return back.keys.size === 40
  })
  await sink.close()
  assert.equal(sink.uncertain, 0)
})

test("what a collector that hangs had taken is sent again after a restart", async (t) => {
  const hanging = await collector(t, "hangs")
  const { entries, start } = await kit(t)
  entries.add(10)
  const sinks = start({ syslog: settingsOf(hanging) })
  await until(() => hanging.sockets.size === 1)
  entries.add(10)
  sinks.wake()
  await sinks.close()
  assert.equal(sinks.oldestNeededId(), 1)
  await hanging.close()
  const back = await collector(t, "reads", hanging.port)
  start({ syslog: settingsOf(back) })
  await until(() => back.keys.size === 20)
})

test("only the newest 8 MiB of the last day are uncertain", async (t) => {
  const reading = await collector(t, "reads")
  let nowMs = 0
  const sink = openSyslogSink({ ...settingsOf(reading), now: () => nowMs })
  const entries = new Entries()
  entries.add(1)
  const [item] = await itemsOf(entries)
  assert.ok(item)
  for (let batch = 0; batch < 20; batch += 1) {
    await sink.send([{ ...item, line: "x".repeat(1_024 * 1_024) }], never)
  }
  assert.equal(sink.uncertain, 7)
  nowMs = 25 * 3_600_000
  await sink.send([item], never)
  assert.equal(sink.uncertain, 1)
  await sink.close()
})

test("an authority that is named is trusted beside those that are trusted anyway", async (t) => {
  const reading = await collector(t, "reads")
  const usual = getCACertificates()
  t.after(() => setDefaultCACertificates(usual))
  setDefaultCACertificates([good.cert])
  const { entries, start } = await kit(t)
  entries.add(1)
  start({ syslog: { ...settingsOf(reading), ca: makeCertificate("elsewhere").cert } })
  await until(() => reading.keys.size === 1)
})
