import assert from "node:assert/strict"
import { test } from "node:test"
import type { Place } from "../../../src/domain/fleet.ts"
import { noMembers, readString, toRawObject } from "../../../src/mcp/raw-json.ts"
import { openFleet, program, until } from "../fleet-kit.ts"

test("news of a task come over the connection that it was begun on, and over no other in its place", async (t) => {
  const elder = { ...program("test/fixtures/legacy/stdio.ts"), isolation: "session" }
  const { fleet } = await openFleet(t, { elder })
  await until("it is listed", () => fleet.offers().some(({ items }) => items.tools.length > 0))
  const client = { era: "legacy", revision: "2025-11-25", capabilities: noMembers, info: undefined } as const
  const params = toRawObject({ name: "test_task_optional", arguments: { ms: 60_000 }, task: {} })
  const plain = { meta: noMembers, client, progressToken: undefined, logLevel: undefined }
  const ending = new AbortController()
  const session = { id: "s1", closed: ending.signal }
  const signal = new AbortController().signal
  let place: Place | undefined
  const { result } = await fleet.send(
    "elder",
    { method: "tools/call", params, ...plain },
    { signal, session, notify: () => {} },
    { principalId: "ann", repeatable: false, onPlace: (found) => (place = found) },
  )
  const id = readString(result?.get("taskId")) ?? ""
  assert.notEqual(id, "")
  const left = new AbortController()
  t.after(() => left.abort())
  const watch = (): Promise<boolean> => fleet.watchTask("elder", { id, place }, () => {}, left.signal)
  assert.equal(await watch(), true)
  ending.abort()
  assert.equal(await watch(), false)
})
