import assert from "node:assert/strict"
import { createHmac } from "node:crypto"
import { once } from "node:events"
import type { IncomingHttpHeaders } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { rm } from "node:fs/promises"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { openSinks } from "../../src/sinks/sinks.ts"
import { makeCertificate } from "./certificate.ts"
import { distinct, kit, linesOf, until } from "./sinks-kit.ts"
import { keysIn, receiver, type Post } from "./webhook-receiver.ts"

const keyBytes = Buffer.from("0123456789abcdef0123456789abcdef")
const secret = `whsec_${keyBytes.toString("base64")}`

test("every entry arrives, in order, in posts of a bounded size", async (t) => {
  const { posts, url } = await receiver(t)
  const { entries, start } = await kit(t)
  entries.add(1_100)
  entries.add(200, "x".repeat(8_000))
  start({ webhook: { url, secret } })
  await until(() => keysIn(posts).length === 1_300)
  assert.deepEqual(keysIn(posts), entries.keys)
  for (const { body, path, headers } of posts) {
    assert.ok(linesOf(body).length <= 500 && Buffer.byteLength(body) <= 512 * 1_024)
    assert.equal(path, "/in?for=audit")
    assert.equal(headers["content-type"], "application/x-ndjson")
  }
})

test("each post is signed as Standard Webhooks says, under an id that its content gives", async (t) => {
  const { posts, url } = await receiver(t)
  const { entries, start } = await kit(t)
  entries.add(700)
  start({ webhook: { url, secret } })
  await until(() => posts.length === 2)
  for (const { headers, body } of posts) {
    const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature } = headers
    const expected = createHmac("sha256", keyBytes)
      .update(`${String(id)}.${String(timestamp)}.${body}`)
      .digest("base64")
    assert.equal(signature, `v1,${expected}`)
    assert.equal(timestamp, "1700000000")
    assert.equal(headers["idempotency-key"], id)
    assert.match(String(id), /^msg_[\w-]{43}$/)
  }
  assert.equal(new Set(posts.map(({ headers }) => headers["webhook-id"])).size, 2)
})

test("a secret that is any text signs with its bytes", async (t) => {
  const { posts, url } = await receiver(t)
  const { entries, start } = await kit(t)
  entries.add(1)
  start({ webhook: { url, secret: "a long and secret text" } })
  await until(() => posts.length === 1)
  const [{ headers, body } = { headers: {} as IncomingHttpHeaders, body: "" }] = posts
  const signed = `${String(headers["webhook-id"])}.1700000000.${body}`
  const expected = createHmac("sha256", "a long and secret text").update(signed).digest("base64")
  assert.equal(headers["webhook-signature"], `v1,${expected}`)
})

test("a receiver that is down for a while misses nothing, and is warned of once", async (t) => {
  const first = await receiver(t)
  const { entries, troubles, start } = await kit(t)
  const sinks = start({ webhook: { url: first.url, secret } })
  entries.add(10)
  sinks.wake()
  await until(() => keysIn(first.posts).length === 10)
  await first.close()
  for (let round = 0; round < 5; round += 1) {
    entries.add(200)
    sinks.wake()
    await wait(20)
  }
  await until(() => troubles.length === 1)
  const second = await receiver(t, () => 200, first.port)
  const arrived = () => distinct(keysIn([...first.posts, ...second.posts]))
  await until(() => arrived().length === 1_010)
  assert.deepEqual(arrived(), entries.keys)
  await until(() => troubles.length === 2)
  assert.deepEqual(
    troubles.map(({ message }) => message === undefined),
    [false, true],
  )
  assert.doesNotMatch(troubles[0]?.message ?? "", /in\?for/)
})

test("a receiver that fails at random, also after it took a post, gets all in order and twice only the same", async (t) => {
  const seen: Post[] = []
  const statuses = [500, 200, 429, 503, 200, 400, 404, 200]
  const { url } = await receiver(t, (post, _count, response) => {
    const turn = seen.length
    if (turn % 5 === 3) {
      seen.push(post)
      response.destroy()
      return undefined
    }
    const status = statuses.shift() ?? 200
    if (status === 200) seen.push(post)
    return status
  })
  const { entries, start } = await kit(t)
  entries.add(4_000)
  const sinks = start({ webhook: { url, secret } })
  await until(() => distinct(keysIn(seen)).length === 4_000)
  assert.deepEqual(distinct(keysIn(seen)), entries.keys)
  const ids = seen.map(({ headers }) => headers["webhook-id"])
  const bodies = new Set(seen.map(({ body }) => body))
  assert.equal(new Set(ids).size, bodies.size)
  assert.ok(bodies.size < seen.length)
  await sinks.close()
})

test("a restart in the middle, with its positions or without, loses nothing", async (t) => {
  const { url, posts } = await receiver(t, async () => {
    await wait(5)
    return 200
  })
  const { entries, folder, start } = await kit(t)
  entries.add(5_000)
  for (const isCrash of [false, true, false]) {
    const before = posts.length
    const sinks = start({ webhook: { url, secret } })
    await until(() => posts.length > before + 1)
    await sinks.close()
    // a crash before the position was kept
    if (isCrash) await rm(join(folder, "sinks.json"))
  }
  start({ webhook: { url, secret } })
  await until(() => distinct(keysIn(posts)).length === 5_000)
  const arrived = keysIn(posts)
  assert.deepEqual(distinct(arrived), entries.keys)
  assert.ok(arrived.length > 5_000)
})

test("a redirect is not followed", async (t) => {
  const other = await receiver(t)
  for (const status of [301, 302, 307, 308]) {
    const { url } = await receiver(t, (_post, _count, response) => {
      response.writeHead(status, { location: other.url }).end()
      return undefined
    })
    const { entries, troubles, start } = await kit(t)
    entries.add(1)
    const sinks = start({ webhook: { url, secret } })
    await until(() => troubles.length === 1)
    assert.match(troubles[0]?.message ?? "", /redirects/)
    assert.equal(sinks.oldestNeededId(), 1)
    await sinks.close()
  }
  assert.equal(other.posts.length, 0)
})

test("a receiver that is gone for good is asked no more, and keeps nothing back", async (t) => {
  let asked = 0
  const { url } = await receiver(t, () => {
    asked += 1
    return 410
  })
  const { entries, troubles, start } = await kit(t)
  entries.add(1)
  const sinks = start({ webhook: { url, secret } })
  await until(() => troubles.length === 1)
  entries.add(1)
  sinks.wake()
  await wait(100)
  assert.equal(asked, 1)
  assert.match(troubles[0]?.message ?? "", /wants no more/)
  assert.equal(sinks.oldestNeededId(), Number.MAX_SAFE_INTEGER)
})

test("a receiver that says when to come back is not asked before", async (t) => {
  const times: number[] = []
  const { url, posts } = await receiver(t, (_post, _count, response) => {
    times.push(performance.now())
    if (times.length > 1) return 200
    response.writeHead(503, { "retry-after": "1" }).end()
    return undefined
  })
  const { entries, start } = await kit(t)
  entries.add(1)
  start({ webhook: { url, secret } })
  await until(() => posts.length === 1)
  assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 990)
})

test("checkpoints are posted as they were signed, the newest of each stream when many waited", async (t) => {
  let isDown = true
  const { url, posts } = await receiver(t, () => (isDown ? 503 : 200))
  const { entries, troubles, start } = await kit(t)
  entries.add(1)
  const sinks = start({ webhook: { url, secret } })
  await until(() => troubles.length === 1)
  for (const size of [1, 2, 3]) sinks.onCheckpoint(`log/a\n${size}\nroot=\n`)
  sinks.onCheckpoint("log/b\n7\nroot=\n")
  isDown = false
  await until(() => posts.length === 3)
  assert.deepEqual(keysIn(posts.slice(0, 1)), ["a/1"])
  assert.deepEqual(
    posts.slice(1).map(({ body }) => JSON.parse(body) as unknown),
    [
      { type: "checkpoint", note: "log/a\n3\nroot=\n" },
      { type: "checkpoint", note: "log/b\n7\nroot=\n" },
    ],
  )
  sinks.onCheckpoint("log/a\n4\nroot=\n")
  await until(() => posts.length === 4)
})

test("stopping waits for the post that is on its way, and not for ever", async (t) => {
  let asked = 0
  const { url, posts } = await receiver(t, async () => {
    asked += 1
    await wait(300)
    return 200
  })
  const { entries, start } = await kit(t)
  entries.add(3)
  const sinks = start({ webhook: { url, secret } })
  await until(() => asked === 1)
  await sinks.close()
  assert.deepEqual(keysIn(posts), entries.keys)
  const silent = await receiver(t, () => {
    asked += 1
    return undefined
  })
  entries.add(3)
  const stuck = start({ webhook: { url: silent.url, secret } })
  await until(() => asked === 2)
  await stuck.close()
  start({ webhook: { url, secret } })
  await until(() => posts.length === 2)
  assert.deepEqual(keysIn(posts), entries.keys)
})

test("an answer without an end does not hold memory, and its status counts", async (t) => {
  const { url } = await receiver(t, (_post, _count, response) => {
    response.writeHead(200)
    const more = setInterval(() => response.write(Buffer.alloc(65_536)), 1)
    response.on("close", () => clearInterval(more))
    return undefined
  })
  const { entries, start } = await kit(t)
  entries.add(1)
  const sinks = start({ webhook: { url, secret } })
  await until(() => sinks.oldestNeededId() === 2)
})

test("a certificate that nobody trusts is refused", async (t) => {
  const server = createTlsServer(makeCertificate("localhost", "127.0.0.1"), (_request, response) => response.end())
  await once(server.listen(0, "127.0.0.1"), "listening")
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const { entries, troubles, start } = await kit(t)
  entries.add(1)
  const sinks = start({ webhook: { url: `https://127.0.0.1:${port}/`, secret } })
  await until(() => troubles.length === 1)
  assert.match(troubles[0]?.message ?? "", /SELF_SIGNED/)
  assert.equal(sinks.oldestNeededId(), 1)
})

test("an address or a secret that is not safe stops the start", async (t) => {
  const { folder, entries } = await kit(t)
  const open = (webhook: { url: string; secret: string }) =>
    openSinks({ sinks: { webhook }, entries, folder, version: "1", now: () => 0, onTrouble: () => undefined })
  const refused = [
    "http://example.com/",
    "http://10.0.0.1/",
    "http://127.0.0.1.example.com/",
    "ftp://localhost/",
    "nothing",
    "https://ann:secret@example.com/",
  ]
  for (const url of refused) {
    assert.throws(
      () => open({ url, secret }),
      (error: Error & { code?: string }) => error.code === "invalid" && !error.message.includes("secret@"),
    )
  }
  assert.throws(() => open({ url: "https://example.com/", secret: "short" }), { code: "invalid" })
  for (const url of ["https://example.com/", "http://localhost:1/", "http://127.9.9.9/", "http://[::1]:1/"]) {
    await open({ url, secret }).close()
  }
})
