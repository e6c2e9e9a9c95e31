import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { after, test } from "node:test"
import { GatewayError } from "../../src/errors.ts"
import { root } from "../support/process.ts"
import { openCli, type Output } from "./cli-kit.ts"

const { folder, answers, run, last, close } = await openCli()
after(close)

/** The pages of an export, each of which leads to the next. */
function pages(...texts: readonly string[]): (input: Output) => Output {
  return ({ cursor = "0" }) => {
    const at = Number(cursor)
    const nextCursor = at + 1 < texts.length ? String(at + 1) : undefined
    return { format: "jsonl", text: texts[at], complete: nextCursor === undefined, nextCursor }
  }
}

test("what comes in pages of text is printed whole, and ends quietly where nobody reads on", async () => {
  answers.set("audit_export", pages('{"a":1}\n', "", '{"b":"\u00e9"}\n{"c":3}\n'))
  const whole = await run(["audit_export", "--format", "jsonl", "--from", "-15m"])
  assert.deepEqual([whole.code, whole.stdout, whole.stderr], [0, '{"a":1}\n{"b":"é"}\n{"c":3}\n', ""])
  assert.deepEqual(last()?.input, { format: "jsonl", from: "-15m", cursor: "2" })
  answers.set("audit_export", ({ cursor = 0 }) => ({
    format: "jsonl",
    text: "x".repeat(65_536),
    complete: false,
    nextCursor: String(Number(cursor) + 1),
  }))
  const child = spawn(process.execPath, [join(root, "src/main.ts"), "audit_export"], { cwd: folder })
  await once(child.stdout, "readable")
  child.stdout.destroy()
  const [stderr] = await Promise.all([text(child.stderr), once(child, "exit")])
  assert.deepEqual([child.exitCode, stderr], [0, ""])
})

test("a text that breaks off is no success", async () => {
  const first = pages("a\n", "b\n")
  answers.set("audit_export", (input) => {
    if (input["cursor"] !== undefined) throw new GatewayError("overloaded", "Too much.")
    return first(input)
  })
  const { code, stdout, stderr } = await run(["audit_export"])
  assert.deepEqual([code, stdout], [1, "a\n"])
  assert.match(stderr, /Too much/)
})
