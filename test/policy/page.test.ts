/** docs/policy.md, run: each policy of the page decides each call of the table beneath it as the page says. */

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { decide } from "../../src/domain/policy/decide.ts"
import { readAnnotations } from "../../src/domain/policy/item.ts"
import { readStrictJson } from "../../src/mcp/strict-json.ts"
import { principal } from "../call/fixtures.ts"
import { compiled } from "./past.ts"

const page = readFileSync(join(import.meta.dirname, "../../docs/policy.md"), "utf8")
const examples = [...page.matchAll(/```json\n(.*?)```\n(.*?)\n\n[^|]/gs)]
const row = /^\| (\w+) of (\w+) \| (\w+) \| `(.*)` \| (allowed|denied) \|$/gm
/** What the tools of the page say of themselves; others say nothing. */
const hints: Readonly<Record<string, string>> = { crm__get: '{"readOnlyHint":true}' }

test("there are examples, each with calls that are allowed and calls that are denied", () => {
  assert.ok(examples.length >= 2)
  for (const [, , table = ""] of examples)
    assert.deepEqual([...new Set([...table.matchAll(row)].map((one) => one[5] ?? ""))].sort(), [
      "allowed",
      "denied",
    ])
})

for (const [, json = "", table = ""] of examples) {
  const policy = JSON.parse(json) as { readonly id: string }
  for (const [, kind = "", team = "", tool = "", text = "", said] of table.matchAll(row)) {
    test(`${policy.id}: ${kind} of ${team}, ${tool} ${text}: ${said}`, () => {
      const service = tool.split("__")[0] ?? ""
      const annotations = () => readAnnotations(Buffer.from(hints[tool] ?? "{}"))
      const item = {
        kind: "tools",
        service,
        canonicalName: tool,
        tags: service === "crm" ? ["prod"] : [],
        annotations,
      } as const
      const who = { ...principal("who", {}).principal, kind: kind as "agent" | "human", team }
      const asked = { principal: who, action: "call", item, circumstances: { nowMs: 0 }, isGranted: true } as const
      const { allowed } = decide(compiled([policy]), asked, () => readStrictJson(Buffer.from(text)))
      assert.equal(allowed ? "allowed" : "denied", said)
    })
  }
}
