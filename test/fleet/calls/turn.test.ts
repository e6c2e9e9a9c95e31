import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as soon, setTimeout as sleep } from "node:timers/promises"
import { DeadlineWheel } from "../../../src/mcp/deadline-wheel.ts"
import type { GatewayError } from "../../../src/errors.ts"
import { Deadlines } from "../../../src/fleet/calls/deadlines.ts"
import { Turn } from "../../../src/fleet/calls/turn.ts"
import { Turnstile } from "../../../src/fleet/calls/turnstile.ts"
import type { Answer, Exchange, Request } from "../../../src/mcp/message.ts"
import { noMembers } from "../../../src/mcp/raw-json.ts"

const signal = new AbortController().signal
const answer: Answer = { result: noMembers }
const question = { method: "roots/list" } as Request

/** A caller who answers when told to. */
function slowCaller(): { readonly exchange: Exchange; readonly answer: () => void } {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  return { exchange: { signal, notify: () => {}, ask: () => promise }, answer: () => resolve(answer) }
}

test("while a service waits for its caller another call has the place, and the answer waits for the next", async () => {
  const turnstile = new Turnstile({ maxInside: 1, maxWaiting: 8 })
  const turn = await Turn.enter(turnstile, { principalId: "ann", exchange: { signal } })
  const caller = slowCaller()
  const exchange = turn.exchangeFor(caller.exchange)
  let answered = 0
  const asked = [1, 2].map(async () => exchange.ask?.(question, signal).then(() => answered++))
  assert.equal(turnstile.inside, 0)
  const other = await Turn.enter(turnstile, { principalId: "ann", exchange: { signal } })
  caller.answer()
  await soon()
  assert.deepEqual([answered, turnstile.inside, turnstile.waiting], [1, 1, 1])
  other.leave()
  await Promise.all(asked)
  assert.deepEqual([answered, turnstile.inside, turnstile.waiting], [2, 1, 0])
  turn.leave()
  assert.equal(turnstile.inside, 0)
})

test("a call that ends while its place is lent, or while it waits for one, takes none", async () => {
  const turnstile = new Turnstile({ maxInside: 1, maxWaiting: 8 })
  for (const when of ["asking", "coming back"]) {
    const turn = await Turn.enter(turnstile, { principalId: "ann", exchange: { signal } })
    const caller = slowCaller()
    const asked = turn.exchangeFor(caller.exchange).ask?.(question, signal)
    const other = await Turn.enter(turnstile, { principalId: "ann", exchange: { signal } })
    if (when === "coming back") caller.answer()
    await soon()
    turn.leave()
    caller.answer()
    other.leave()
    await asked
    assert.deepEqual([turnstile.inside, turnstile.waiting], [0, 0], when)
  }
})

test("an answer that finds the queue full goes on all the same", async () => {
  const turnstile = new Turnstile({ maxInside: 1, maxWaiting: 0 })
  const turn = await Turn.enter(turnstile, { principalId: "ann", exchange: { signal } })
  const caller = slowCaller()
  const asked = turn.exchangeFor(caller.exchange).ask?.(question, signal)
  const other = await Turn.enter(turnstile, { principalId: "ann", exchange: { signal } })
  caller.answer()
  assert.equal(await asked, answer)
  turn.leave()
  other.leave()
  assert.equal(turnstile.inside, 0)
})

test("the deadlines of a call stand still while its caller is asked, and go on after", async () => {
  const caller = slowCaller()
  const deadlines = new Deadlines(caller.exchange, { idleMs: 60, hardMs: 120 }, new DeadlineWheel())
  const asked = deadlines.ask?.(question, signal)
  await sleep(300)
  assert.equal(deadlines.signal.aborted, false)
  caller.answer()
  await asked
  while (!deadlines.signal.aborted) await sleep(10)
  assert.equal((deadlines.signal.reason as { code: string }).code, "timeout")
  deadlines.done()
})

test("a deadline tells whether anything was sent before it passed", async () => {
  for (const sent of [false, true]) {
    const deadlines = new Deadlines({ signal, notify: () => {} }, { idleMs: 10, hardMs: 20 }, new DeadlineWheel())
    deadlines.sent = sent
    while (!deadlines.signal.aborted) await sleep(10)
    const { message, detail } = deadlines.signal.reason as GatewayError
    assert.match(message, sent ? /may have had effects/ : /nothing was sent/)
    assert.deepEqual(detail, sent ? {} : { sent: false })
    deadlines.done()
  }
})
