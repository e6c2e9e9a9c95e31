import assert from "node:assert/strict"
import { test } from "node:test"
import { GatewayError } from "../../../src/errors.ts"
import { LinkPool } from "../../../src/fleet/links/link-pool.ts"
import { LinkSlot } from "../../../src/fleet/links/link-slot.ts"
import type { Link } from "../../../src/mcp/client/link.ts"
import { noMembers } from "../../../src/mcp/raw-json.ts"

const never = new AbortController().signal

/** A link to nowhere: what a slot does is to be seen in when it makes and closes links. */
function makeLink(): Link & { lose(reason: GatewayError): void; readonly isClosed: () => boolean } {
  const { promise, resolve } = Promise.withResolvers<GatewayError | undefined>()
  let closed = false
  return {
    remembers: false,
    facts: { era: "modern", revision: "2026-07-28", capabilities: {}, info: undefined, instructions: undefined },
    handle: async () => ({ result: noMembers }),
    closed: promise,
    ping: async () => {},
    close: async () => {
      closed = true
      resolve(undefined)
    },
    lose: resolve,
    isClosed: () => closed,
  }
}

const lost = new GatewayError("service_unavailable", "It is gone.")

test("a connection is made once, however many wait for it", async () => {
  let made = 0
  const slot = new LinkSlot({
    make: async () => (made++, makeLink()),
    comeback: "lazy",
    elapsed: () => 0,
    random: () => 0.5,
  })
  const [one, two] = await Promise.all([slot.get(never), slot.get(never)])
  assert.equal(one, two)
  assert.equal(made, 1)
  await slot.close()
})

test("after a failure the next try waits for the backoff, and says for how long", async () => {
  let nowMs = 1_000
  let made = 0
  const make = async (): Promise<Link> => {
    if (made++ === 0) throw lost
    return makeLink()
  }
  const slot = new LinkSlot({ make, comeback: "lazy", elapsed: () => nowMs, random: () => 0.5 })
  await assert.rejects(slot.get(never), { message: "It is gone.", detail: { sent: false } })
  await assert.rejects(slot.get(never), { retryAfterMs: 125 })
  assert.equal(made, 1)
  nowMs += 125
  assert.ok(await slot.get(never))
  await slot.close()
})

test("a lost connection is made anew at once, and one that is lost again and again waits", async () => {
  const links: ReturnType<typeof makeLink>[] = []
  const make = async (): Promise<Link> => {
    const link = makeLink()
    links.push(link)
    return link
  }
  const slot = new LinkSlot({ make, comeback: "lazy", elapsed: () => 0, random: () => 0.5 })
  await slot.get(never)
  links[0]?.lose(lost)
  await new Promise(setImmediate)
  assert.equal(await slot.get(never), links[1])
  assert.equal(links[0]?.isClosed(), true)
  links[1]?.lose(lost)
  await new Promise(setImmediate)
  await assert.rejects(slot.get(never), { code: "service_unavailable", retryAfterMs: 125 })
  await slot.close()
})

test("a connection that stands after its slot was closed is closed", async () => {
  const { promise, resolve } = Promise.withResolvers<Link>()
  const slot = new LinkSlot({ make: () => promise, comeback: "eager", elapsed: () => 0, random: () => 0.5 })
  const waiting = assert.rejects(slot.get(never))
  await slot.close()
  const link = makeLink()
  resolve(link)
  await waiting
  assert.equal(link.isClosed(), true)
})

test("a pool closes the connection that waits longest, and refuses when all are in use", async (t) => {
  let nowMs = 0
  const links: ReturnType<typeof makeLink>[] = []
  const pool = new LinkPool({ elapsed: () => nowMs++, random: () => 0.5, maxLinks: 2 })
  t.after(() => pool.close())
  const slotOf = (id: string): LinkSlot =>
    pool.slot("0", { id, principalId: id, capabilities: noMembers }, async () => {
      const link = makeLink()
      links.push(link)
      return link
    })
  await slotOf("ann").get(never)
  await slotOf("ben").get(never)
  await slotOf("ann").get(never)
  await slotOf("cid").get(never)
  assert.deepEqual(
    links.map((link) => link.isClosed()),
    [false, true, false],
  )
  slotOf("ann").inUse++
  slotOf("cid").inUse++
  assert.throws(() => slotOf("dan"), { code: "overloaded" })
})

test("a connection of a session closes with it", async (t) => {
  const pool = new LinkPool({ elapsed: () => 0, random: () => 0.5 })
  t.after(() => pool.close())
  const ending = new AbortController()
  const link = makeLink()
  await pool
    .slot("0", { id: "s", principalId: "ann", capabilities: noMembers, closed: ending.signal }, async () => link)
    .get(never)
  ending.abort()
  await new Promise(setImmediate)
  assert.equal(link.isClosed(), true)
  assert.equal(pool.size, 0)
})

test("an eager connection comes back when its time is up, whatever the clock says", async () => {
  let made = 0
  const back = Promise.withResolvers<void>()
  const make = async (): Promise<Link> => {
    if (made++ === 0) throw lost
    back.resolve()
    return makeLink()
  }
  const slot = new LinkSlot({ make, comeback: "eager", elapsed: () => 0, random: () => 0.01 })
  await assert.rejects(slot.get(never))
  const keepAlive = setTimeout(() => back.reject(new Error("it never came back")), 30_000)
  await back.promise
  clearTimeout(keepAlive)
  await slot.close()
})

test("one principal alone cannot take all connections, and gives up its own first", async (t) => {
  let nowMs = 0
  const pool = new LinkPool({ elapsed: () => nowMs++, random: () => 0.5, maxLinks: 4 })
  t.after(() => pool.close())
  const slotOf = (principalId: string, id: string): LinkSlot =>
    pool.slot("0", { id: principalId + id, principalId, capabilities: noMembers }, async () => makeLink())
  const greedy = ["1", "2", "3"].map((id) => slotOf("ann", id))
  for (const slot of greedy) slot.inUse++
  assert.throws(() => slotOf("ann", "4"), { code: "overloaded" })
  const ben = slotOf("ben", "1")
  for (const slot of greedy) slot.inUse--
  slotOf("ann", "4")
  slotOf("ben", "2")
  assert.equal(slotOf("ben", "1"), ben)
  assert.notEqual(slotOf("ann", "2"), greedy[1])
})
