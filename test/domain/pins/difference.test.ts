import assert from "node:assert/strict"
import { test } from "node:test"
import { differencesOf, pinLines } from "../../../src/domain/pins/difference.ts"
import type { Approved } from "../../../src/domain/pins/pin.ts"

const approved = (text: object): Approved => {
  return { kind: "tools", name: "send", digest: "", text: JSON.stringify(text) }
}

test("of a definition that nobody has approved every member is shown", () => {
  const text = JSON.stringify({ description: "Sends.", name: "send" })
  assert.deepEqual(
    differencesOf({ kind: "tools", was: undefined, text }).map(({ member, was, now }) => [member, was, now]),
    [
      ["description", undefined, '"Sends."'],
      ["name", undefined, '"send"'],
    ],
  )
})

test("of a long text what is around the first difference is shown, and where it is", () => {
  const was = JSON.stringify({ description: `${"a".repeat(50_000)}b${"c".repeat(50_000)}` })
  const [difference] = differencesOf({ kind: "tools", was, text: was.replace("b", "\u200b") })
  assert.equal(difference?.at, 'From character 50001: "b" (U+0062) became "\\u200b" (U+200B).')
  assert.match(difference?.now ?? "", /^\(49901 characters\) \.\.\.a{100}\\u200bc+\.\.\. \(\d+ characters\)$/)
  assert.ok((difference?.now?.length ?? 0) < 5_000)
})

test("lines of a plan are few and short, however much has changed", () => {
  const many = (text: string): Approved[] =>
    Array.from({ length: 5_000 }, (_, at) => ({
      ...approved({ description: text.repeat(4_000) }),
      name: `t${at}`,
    }))
  const lines = pinLines({ before: many("\u200b"), after: many("\u200c") })
  assert.equal(lines.length, 201)
  assert.equal(lines.at(-1), "... and more; 4900 definitions are not shown")
  assert.ok(lines.every((line) => line.length < 1_024))
  assert.match(lines[0] ?? "", /^- tools\/t0 description: "\\u200b/)
})
