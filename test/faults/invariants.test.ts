/** The faults suites are worth what their invariants find: each of them goes red when it is broken. */

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Entry } from "../../src/domain/audit/entry.ts"
import type { Asked } from "./client-journal.ts"
import { violationsOf, type Journals } from "./invariants.ts"

const asked: Asked = { traceId: "t1", askedAtMs: 0, fate: { kind: "answered" } }
const common = { timeMs: 0, stream: "s", previous: "", callId: "c1", traceId: "t1" } as const
const opening: Entry = { kind: "opening", timeMs: 0, stream: "s", seq: 1, previous: "" }
const start: Entry = { ...common, kind: "start", seq: 2 }
const end: Entry = { ...common, kind: "end", seq: 3, outcome: "ok" }
const sound: Journals = { asked: [asked], seen: ["t1"], entries: [opening, start, end] }

const broken: readonly (readonly [string, Partial<Journals>, RegExp])[] = [
  ["an answered call without an end", { entries: [opening, start] }, /answered calls have no end on record/],
  [
    "a call that was seen and has no start",
    { entries: [opening, { ...end, seq: 2 }] },
    /saw have no start on record/,
  ],
  ["a start without an end", { asked: [], entries: [opening, start] }, /starts have no end/],
  ["an end without a start", { seen: [], entries: [opening, { ...end, seq: 2 }] }, /ends have no start/],
  ["two ends", { entries: [opening, start, end, { ...end, seq: 4 }] }, /calls have two ends/],
  ["two starts", { entries: [opening, start, { ...start, seq: 3 }, { ...end, seq: 4 }] }, /calls have two starts/],
  ["a gap in a stream", { entries: [opening, start, { ...end, seq: 4 }] }, /do not follow the one before/],
  ["a place taken twice", { entries: [opening, start, { ...end, seq: 2 }] }, /do not follow the one before/],
  [
    "an answer of a call closed after a crash",
    { entries: [opening, start, { ...end, outcome: "unknown_after_crash" }] },
    /something else than ok/,
  ],
  ["an answer that no service gave", { seen: [] }, /never reached the service/],
  ["the answer of another call", { asked: [{ ...asked, fate: { kind: "mistaken" } }] }, /the answer of another/],
  [
    "a refused call that was made",
    { asked: [{ ...asked, fate: { kind: "refused", code: "x", made: false } }] },
    /refused calls reached/,
  ],
]

test("three journals that agree violate nothing", () => {
  assert.deepEqual(violationsOf(sound), [])
})

for (const [what, change, sentence] of broken)
  test(`${what} is found`, () => {
    assert.match(violationsOf({ ...sound, ...change }).join("\n"), sentence)
  })
