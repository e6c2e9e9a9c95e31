import assert from "node:assert/strict"
import { test } from "node:test"
import { Canceller, cancellationOf, type Cancellation } from "../../src/mcp/cancellation.ts"

const reason = new Error("enough")

/** Both kinds of cancellation, each with what makes it happen. */
function kinds(): readonly { readonly cancellation: Cancellation; readonly cancel: () => void }[] {
  const own = new Canceller()
  const controller = new AbortController()
  return [
    { cancellation: own, cancel: () => own.abort(reason) },
    { cancellation: cancellationOf(controller), cancel: () => controller.abort(reason) },
  ]
}

function follower(): { readonly heard: unknown[]; onCancelled(reason: unknown): void } {
  const heard: unknown[] = []
  return { heard, onCancelled: (why) => void heard.push(why) }
}

test("every follower is told once why, unless it has stopped following", () => {
  for (const { cancellation, cancel } of kinds()) {
    const [first, second, third] = [follower(), follower(), follower()]
    for (const each of [first, second, third]) cancellation.follow(each)
    cancellation.unfollow(second)
    cancel()
    cancel()
    assert.deepEqual([first.heard, second.heard, third.heard], [[reason], [], [reason]])
  }
})

test("who follows too late is told at once", () => {
  for (const { cancellation, cancel } of kinds()) {
    cancel()
    const late = follower()
    cancellation.follow(late)
    assert.deepEqual(late.heard, [reason])
  }
})

test("its signal says the same, whether it was read before or after", () => {
  const early = new Canceller()
  const { signal } = early
  for (const { cancellation, cancel } of [
    ...kinds(),
    { cancellation: early, cancel: () => early.abort(reason) },
  ]) {
    assert.equal(cancellation.aborted, false)
    cancel()
    assert.equal(cancellation.aborted, true)
    assert.equal(cancellation.signal.aborted, true)
    assert.deepEqual([cancellation.reason, cancellation.signal.reason], [reason, reason])
  }
  assert.equal(early.signal, signal)
})

test("only the first reason counts", () => {
  const cancellation = new Canceller()
  cancellation.abort(reason)
  cancellation.abort(new Error("again"))
  assert.equal(cancellation.signal.reason, reason)
})
