import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { LargeResult } from "../../../src/mcp/client/large-result.ts"
import { largeBytes, largeFirst, passedOn, restPieces, type LargeMembers } from "../../../src/mcp/large-members.ts"
import type { Outline } from "../../../src/mcp/message.ts"
import { readOutline } from "../../../src/mcp/outline.ts"
import { ProtocolError } from "../../../src/mcp/protocol-error.ts"
import { objectPieces } from "../../../src/mcp/raw-json.ts"
import { cutAt } from "../channels/chunks.ts"

const big = (text: string): string => `"${text.repeat(Math.ceil((largeBytes + 1) / text.length))}"`
const page = big("Seite é 😀 \\n ")
const rows = `[${Array.from({ length: 40_000 }, (_, index) => `{"n":${index}}`).join(",")}]`

/** Takes what it is given. */
class Taker implements LargeMembers {
  readonly taken = new Map<string, Buffer[]>()
  #last: Buffer[] = []

  begin(name: string): void {
    this.taken.set(name, (this.#last = []))
  }

  write(piece: Buffer): boolean {
    this.#last.push(Buffer.from(piece))
    return true
  }

  whenDrained(): void {}

  textOf(name: string): string {
    return Buffer.concat(this.taken.get(name) ?? []).toString()
  }
}

const flow = { pause: () => {}, resume: () => {} }

function read(text: string, places: readonly number[] = [], taker: Taker | undefined = new Taker()) {
  const large = new LargeResult({ id: 7, open: () => taker }, flow)
  for (const piece of cutAt(Buffer.from(text), places)) large.push(piece)
  return { read: large.end(), taken: taker?.taken ?? new Map<string, Buffer[]>(), taker }
}

function resultOf(outline: Outline | Buffer): Extract<Outline, { kind: "result" }> {
  assert.ok(!Buffer.isBuffer(outline) && outline.kind === "result")
  return outline
}

function wholeOf(bytes: Outline | Buffer): string {
  assert.ok(Buffer.isBuffer(bytes))
  return bytes.toString()
}

const answer = (result: string, id: string | number = 7): string =>
  `{"jsonrpc":"2.0","id":${id},"result":${result}}`

test("what goes ahead and what is kept are together the result that came, however it is cut", () => {
  const name = fc.constantFrom("content", "structuredContent", "isError", "_meta", "x", "\\u0078y", "a b")
  const value = fc.constantFrom("1", '"small"', "[]", '{"a":1}', page, rows, `[${page}, ${page}]`, " null")
  const members = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 5 })
  const cuts = fc.array(fc.nat({ max: 1_500_000 }), { maxLength: 40 })
  fc.assert(
    fc.property(members, cuts, (members, places) => {
      const valid = members.filter(([key, raw]) => key !== "_meta" || raw === '{"a":1}')
      const text = answer(`{ ${valid.map(([key, raw]) => `"${key}" : ${raw}`).join(" , ")} }`)
      const whole = resultOf(readOutline(Buffer.from(text)))
      const { read: outline, taker, taken } = read(text, places)
      if (taken.size === 0) return assert.equal(wholeOf(outline), text)
      const { result } = resultOf(outline)
      assert.deepEqual([...result.keys()], [...whole.result.keys()])
      for (const [key, raw] of result)
        assert.equal(raw === passedOn ? taker?.textOf(key) : raw.toString(), whole.result.get(key)?.toString())
      const passed = [...taken.keys()].map(
        (key, index) => `${index === 0 ? "{" : ","}${JSON.stringify(key)}:${taker?.textOf(key)}`,
      )
      const inParts = passed.join("") + Buffer.concat(restPieces(result)).toString()
      assert.equal(inParts, Buffer.concat(objectPieces(largeFirst(whole.result))).toString())
    }),
    { numRuns: 150 },
  )
})

test("what is no result of this request, or asks for something, is kept whole", () => {
  for (const text of [
    answer(`{"content":${page}}`, 8),
    answer(`{"content":${page}}`, '"7"'),
    answer(`{"resultType":"input_required","content":${page}}`),
    answer(`{"resultType":7,"content":${page}}`),
    answer(`{"inputRequests":{"a":${page}}}`),
    answer(`{"_meta":{"a":${page}}}`),
    answer(`[${page}]`),
    answer(page),
    `{"result":{"content":${page}},"jsonrpc":"2.0","id":7}`,
    `{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"m","data":${page}}}`,
    `{"jsonrpc":"2.0","id":7,"x":{"content":${page}},"result":{}}`,
    `[${answer(`{"content":${page}}`)}]`,
    answer(`{"a":1,"a":2,"content":${page}}`),
  ]) {
    const { read: whole, taken } = read(text, [100, 70_000, 270_000])
    assert.equal(wholeOf(whole), text)
    assert.equal(taken.size, 0)
  }
  const text = answer(`{"content":${page}}`)
  const nobody = new LargeResult({ id: 7, open: () => undefined }, flow)
  nobody.push(Buffer.from(text))
  assert.equal(wholeOf(nobody.end()), text)
})

test("an answer that breaks a rule after its content has gone ahead is refused", () => {
  for (const text of [
    answer(`{"content":${page},"content":1}`),
    answer(`{"content":${page},"content":${page}}`),
    answer(`{"content":${page},"resultType":"input_required"}`),
    answer(`{"content":${page},"_meta":1}`),
    answer(`{"content":${page},"_meta":{"a":1,"a":2}}`),
    answer(`{"content":${page}}`).replace(/}$/, ',"id":8}'),
    answer(`{"content":${page}}`).replace(/}$/, ',"error":{"code":1,"message":""}}'),
    answer(`{"content":${page}}`).replace(/}$/, ',"params":1}'),
    answer(`{"content":${page}}`).slice(0, -1),
    answer(`{"content":${page}}`) + "1",
    answer(`{"content":[${page},]}`),
    answer(`{"content":[${page},${"[".repeat(64)}${"]".repeat(64)}]}`),
  ]) {
    const taker = new Taker()
    assert.throws(() => read(text, [300_000], taker), ProtocolError, text.slice(-60))
    assert.equal(taker.taken.size > 0, true, text.slice(-60))
    assert.throws(() => {
      const whole = readOutline(Buffer.from(text))
      // The one rule that is no rule of the outline: an answer that asks is whole.
      assert.ok(text.includes("input_required") && whole.kind === "result")
      throw new ProtocolError("invalid_request", "")
    }, ProtocolError)
  }
})

test("the service waits while the reader does, once at a time", () => {
  const calls: string[] = []
  const waiting: (() => void)[] = []
  const taker: LargeMembers = {
    begin: (name) => calls.push(`begin ${name}`),
    write: () => false,
    whenDrained: (go) => waiting.push(go),
  }
  const large = new LargeResult(
    { id: 7, open: () => taker },
    { pause: () => calls.push("pause"), resume: () => calls.push("resume") },
  )
  for (const piece of cutAt(Buffer.from(answer(`{"content":${page}}`)), [10, 1_000, 100_000])) large.push(piece)
  assert.deepEqual(calls, ["begin content", "pause"])
  waiting[0]?.()
  assert.deepEqual(calls, ["begin content", "pause", "resume"])
})

test("only so many members go ahead, the others are kept", () => {
  const names = Array.from({ length: 12 }, (_, index) => `m${index}`)
  const { read: outline, taken } = read(
    answer(`{${names.map((name) => `"${name}":${page}`).join(",")}}`),
    [900_000],
  )
  assert.deepEqual([...taken.keys()], names.slice(0, 8))
  const { result } = resultOf(outline)
  assert.deepEqual(
    [...result.values()].filter((raw) => raw !== passedOn).map(({ length }) => length),
    Array(4).fill(Buffer.byteLength(page)),
  )
})
