import assert from "node:assert/strict"
import { test } from "node:test"
import { Canceller } from "../../src/mcp/cancellation.ts"
import { withAsk, withNotify } from "../../src/mcp/exchange.ts"
import type { Answer, Exchange, Notification, Request } from "../../src/mcp/message.ts"
import { noMembers } from "../../src/mcp/raw-json.ts"

const cancellation = new Canceller()
const question = { method: "roots/list" } as Request
const news: Notification = { method: "notifications/progress", params: noMembers }

/** An exchange as a class may make one, that counts how often somebody wanted its signal. */
class Counting implements Exchange {
  readonly cancellation = cancellation
  readonly session = { id: "one", closed: cancellation.signal }
  readonly told: Notification[] = []
  signals = 0

  get signal(): AbortSignal {
    this.signals++
    return cancellation.signal
  }

  notify(notification: Notification): void {
    this.told.push(notification)
  }

  async ask(): Promise<Answer> {
    return { result: new Map([["from", Buffer.from("1")]]) }
  }
}

test("what is put in another's place is used, and all else stays, its signal unread", async () => {
  const inner = new Counting()
  const told: Notification[] = []
  const elsewhere = withNotify(inner, (notification) => void told.push(notification))
  elsewhere.notify(news)
  assert.deepEqual([told, inner.told], [[news], []])
  assert.equal((await elsewhere.ask?.(question, cancellation.signal))?.result?.size, 1)
  const asked = withAsk(inner, async () => ({ result: noMembers }))
  asked.notify(news)
  assert.deepEqual(inner.told, [news])
  assert.equal((await asked.ask?.(question, cancellation.signal))?.result?.size, 0)
  for (const exchange of [elsewhere, asked])
    assert.deepEqual([exchange.cancellation, exchange.session], [cancellation, inner.session])
  assert.equal(inner.signals, 0)
  assert.equal(asked.signal, cancellation.signal)
})

test("an exchange can be left without a way to ask", () => {
  assert.equal(withAsk(new Counting(), undefined).ask, undefined)
})
