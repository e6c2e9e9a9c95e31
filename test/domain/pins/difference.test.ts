import assert from "node:assert/strict"
import { test } from "node:test"
import { showChanges } from "../../../src/domain/changes/change-shown.ts"
import { differencesOf } from "../../../src/domain/pins/difference.ts"
import { pinLines } from "../../../src/domain/pins/pin-lines.ts"
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
  assert.ok((difference?.now?.length ?? 0) < 10_000)
})

test("a plan for an approval shows every text whole, with where two that look alike part", () => {
  const before = [approved({ description: "Sends a note.", name: "send" })]
  const after = [approved({ description: "Sends a nоte.", name: "send", title: "Send" })].map((one) => {
    return { ...one, digest: "another" }
  })
  assert.deepEqual(pinLines({ before, after }), [
    '- tools/send description: "Sends a note."',
    '+ tools/send description: "Sends a nоte."',
    '~ tools/send description: From character 10: "o" (U+006F) became "о" (U+043E).',
    '+ tools/send title: "Send"',
  ])
  const textless = before.map(({ text: _text, ...one }) => ({ ...one, digest: "d".repeat(64) }))
  assert.equal(pinLines({ before: [], after: textless })[0], `+ tools/send SHA-256 ${"d".repeat(64)}`)
})

test("what is too much to be shown is seen to be, in no time", () => {
  const many = (text: string): Approved[] =>
    Array.from({ length: 500 }, (_, at) => {
      return { ...approved({ description: text.repeat(20_000) }), name: `t${at}`, digest: text }
    })
  const change = { subject: "pins", name: "svc", before: many("\u200b"), after: many("\u200c") } as const
  const [shown] = showChanges([change])
  assert.equal(shown?.cut, true)
  const long = { ...change, before: [], after: [approved({ description: "x".repeat(8_000) })] }
  assert.equal(showChanges([long])[0]?.cut, true)
})
