import assert from "node:assert/strict"
import { test } from "node:test"
import { compileQuotas } from "../../../src/domain/quota/compiled-quotas.ts"
import { quotaOf } from "./samples.ts"

test("a tool that gets another name escapes no quota on its own", () => {
  const compiled = compileQuotas([quotaOf("q", { target: { kind: "tool", pattern: "paid__x" } })])
  const call = { principalId: "ann", service: "paid" }
  assert.equal(compiled.find({ ...call, canonicalName: "paid__x" }).length, 1)
  assert.equal(compiled.find({ ...call, canonicalName: "paid__y", ownName: "paid__x" }).length, 1)
  assert.equal(compiled.find({ ...call, canonicalName: "paid__y", ownName: "paid__y" }).length, 0)
})
