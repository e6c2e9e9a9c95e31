import assert from "node:assert/strict"
import { test } from "node:test"
import { GatewayError } from "../../../src/errors.ts"
import { LiveSessions } from "../../../src/mcp/server/live-sessions.ts"

class Session {
  readonly principal: string
  idle = true
  closed = false

  constructor(principal: string) {
    this.principal = principal
  }

  close(): void {
    this.closed = true
  }
}

function open(maxSessions: number, maxSessionsPerPrincipal: number) {
  const live = new LiveSessions<Session>({ maxSessions, maxSessionsPerPrincipal })
  const begin = (id: string, principal: string): Session => {
    live.makeRoom(principal)
    const session = new Session(principal)
    live.keep(id, session)
    return session
  }
  return { live, begin }
}

const isOverloaded =
  (text: RegExp) =>
  (thrown: unknown): boolean =>
    thrown instanceof GatewayError && thrown.code === "overloaded" && text.test(thrown.message)

test("RES-08 a principal with many sessions loses its own, and nobody else's", () => {
  const { live, begin } = open(4, 3)
  const bob = begin("b1", "bob")
  const ann = ["a1", "a2", "a3", "a4", "a5", "a6"].map((id) => begin(id, "ann"))
  assert.deepEqual([bob.closed, live.size], [false, 4])
  assert.deepEqual(
    ann.map(({ closed }) => closed),
    [true, true, true, false, false, false],
  )
})

test("where all places are taken, one of the principal with the most goes", () => {
  const { begin } = open(4, 4)
  const ann = ["a1", "a2", "a3"].map((id) => begin(id, "ann"))
  const bob = begin("b1", "bob")
  begin("c1", "cid")
  assert.deepEqual([...ann.map(({ closed }) => closed), bob.closed], [true, false, false, false])
})

test("the one used last goes last", () => {
  const { live, begin } = open(2, 2)
  const [first, second] = [begin("a1", "ann"), begin("a2", "ann")]
  live.keep("a1", first)
  begin("a3", "ann")
  assert.deepEqual([first.closed, second.closed], [false, true])
})

test("a session in use is never dropped: the new one is refused, and told by which setting", () => {
  const { live, begin } = open(3, 2)
  for (const id of ["a1", "a2"]) begin(id, "ann").idle = false
  assert.throws(() => begin("a3", "ann"), isOverloaded(/limits\.sessionsPerPrincipal/))
  begin("b1", "bob").idle = false
  assert.throws(() => begin("c1", "cid"), isOverloaded(/limits\.sessions\b/))
  assert.equal(live.size, 3)
})
