import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { test } from "node:test"
import { promisify } from "node:util"
import { atTurnEnd } from "../../src/mcp/turn-end.ts"

const run = promisify(execFile)
const turnsOver = () => new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))))

test("what is to go out in a turn goes out at its end, in its order", async () => {
  const out: number[] = []
  atTurnEnd(() => out.push(1))
  atTurnEnd(() => out.push(2))
  await Promise.resolve()
  assert.deepEqual(out, [])
  await turnsOver()
  assert.deepEqual(out, [1, 2])
})

test("what is added meanwhile waits for the next turn's end", async () => {
  const out: string[] = []
  atTurnEnd(() => {
    out.push("first")
    atTurnEnd(() => out.push("later"))
  })
  atTurnEnd(() => out.push("second"))
  await turnsOver()
  assert.deepEqual(out, ["first", "second", "later"])
})

test("one that throws takes no other with it, and is heard", async () => {
  const program = `
    import { atTurnEnd } from ${JSON.stringify(new URL("../../src/mcp/turn-end.ts", import.meta.url).href)}
    process.on("uncaughtException", ({ message }) => console.log(message))
    atTurnEnd(() => { throw new Error("the first") })
    atTurnEnd(() => console.log("the second"))`
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program])
  assert.equal(stdout, "the first\nthe second\n")
})
