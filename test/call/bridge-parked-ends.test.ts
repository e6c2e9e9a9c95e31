/** How calls end whose client goes away or does not come back, and how many there may be. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises"
import type { Send } from "../../src/call/bridge/bridged-call.ts"
import { accepted, askedIn, askingInTurn, bridged, form, openBridge, say, textOf } from "./bridge-kit.ts"

test("who goes away from an open round cancels the call", async (t) => {
  const { bridge } = openBridge(t)
  const reasons: unknown[] = []
  const send: Send = async (_request, { ask, signal }) => {
    signal.addEventListener("abort", () => reasons.push(signal.reason))
    await ask?.(form("Name?"), signal)
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
  }
  const { requestState } = askedIn(await bridge.send(bridged(send)))
  const gone = new AbortController()
  const retry = { requestState, inputResponses: { "question-1": accepted() } }
  const open = bridge.send(bridged(send, retry, { exchange: { signal: gone.signal } }))
  await turn()
  gone.abort(new Error("hung up"))
  await assert.rejects(open, /hung up/)
  assert.equal(reasons.length, 1)
  assert.equal(bridge.parked, 0)
})

test("a call whose client does not come back is cancelled and leaves nothing", async (t) => {
  const { bridge } = openBridge(t, { parkedMs: 30 })
  const ended: unknown[] = []
  const send: Send = async (_request, { ask, signal }) => {
    await ask?.(form("Name?"), signal).catch((thrown: { code?: unknown }) => ended.push(thrown.code))
    throw signal.reason
  }
  await Promise.all(Array.from({ length: 20 }, () => bridge.send(bridged(send))))
  assert.equal(bridge.parked, 20)
  while (bridge.parked > 0) await sleep(10)
  assert.deepEqual(ended, Array(20).fill("timeout"))
})

test("an answer that comes while its client is away waits for it, unless it is large", async (t) => {
  const { bridge } = openBridge(t)
  for (const [text, expected] of [
    ["small", /^small$/],
    ["x".repeat(1_100_000), /too_large/],
  ] as const) {
    const send: Send = async (_request, { ask }) => {
      const over = new AbortController()
      void ask?.(form("Name?"), over.signal).catch(() => {})
      await sleep(20)
      over.abort(new Error("never mind"))
      return say(text)
    }
    const { requestState } = askedIn(await bridge.send(bridged(send)))
    await sleep(40)
    const outcome = bridge.send(bridged(send, { requestState })).then(textOf, ({ code }: { code: string }) => code)
    assert.match(await outcome, expected)
  }
  assert.equal(bridge.parked, 0)
})

test("RES-08 a principal parks so many calls and no more; others are not touched", async (t) => {
  const { bridge } = openBridge(t, { parkedPerPrincipal: 2 })
  let told = 0
  const send: Send = async (_request, { ask, signal }) => {
    await ask?.(form("Name?"), signal).catch(() => told++)
    return signal.aborted ? Promise.reject(signal.reason) : say("done")
  }
  const parked = [await bridge.send(bridged(send)), await bridge.send(bridged(send))]
  await assert.rejects(bridge.send(bridged(send)), {
    code: "overloaded",
    detail: { limit: "limits.parkedPerPrincipal", open: 2 },
  })
  assert.equal(told, 1)
  askedIn(await bridge.send(bridged(send, {}, { principalId: "bob" })))
  const retry = {
    requestState: askedIn(parked[0] ?? say("")).requestState,
    inputResponses: { "question-1": accepted() },
  }
  assert.equal(textOf(await bridge.send(bridged(send, retry))), "done")
  askedIn(await bridge.send(bridged(send)))
})

test("a gateway that stops cancels what is parked and parks no more", async (t) => {
  const { bridge, stop } = openBridge(t)
  const send = askingInTurn(form("Name?"))
  await bridge.send(bridged(send))
  stop()
  await turn()
  assert.equal(bridge.parked, 0)
  await assert.rejects(bridge.send(bridged(send)), { code: "service_unavailable" })
  await turn()
  assert.equal(bridge.parked, 0)
})
