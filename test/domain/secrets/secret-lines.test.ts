/** Lines of a service's file that a patch must not hold. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { secretLinesOf } from "../../../src/domain/secrets/secret-lines.ts"

const pretty = (json: unknown): string => `${JSON.stringify(json, undefined, 2)}\n`

function found(json: unknown): readonly string[] {
  const lines = secretLinesOf(pretty(json))
  return lines === "all" ? ["all"] : [...lines].map((line) => line.trim())
}

test("values of headers and variables, and credentials in addresses and arguments, are told by their lines", () => {
  const alone = {
    url: "https://user:pass@host/mcp?token=x",
    headers: { A: "literal", B: "${secret:b}" },
    title: "literal",
  }
  assert.deepEqual(found(alone), ['"url": "https://user:pass@host/mcp?token=x",', '"A": "literal",'])
  const program = { command: "node", args: ["--api-key", "literal", "plain"], env: { PORT: 80, B: "${env:b}" } }
  assert.deepEqual(found(program), ['"literal",', '"PORT": 80,'])
})

test("of a file of many each entry is looked at, and whatever else it holds is hidden whole", () => {
  const many = {
    inputs: [{ id: "x" }],
    mcpServers: { one: { command: "c" }, two: { url: "http://h", headers: { A: "v" } } },
  }
  assert.deepEqual(found(many), ['"id": "x"', '"A": "v"'])
  assert.deepEqual(found({ command: "c", gallery: { deep: ["v"] } }), ['"v"'])
})

test("where a file with secrets is written otherwise, nobody can say where they stand", () => {
  const secret = { command: "c", env: { A: "v" } }
  assert.equal(secretLinesOf(JSON.stringify(secret)), "all")
  assert.equal(secretLinesOf("not JSON"), "all")
  assert.deepEqual(secretLinesOf(JSON.stringify({ command: "c", env: { A: "${env:v}" } })), new Set())
})
