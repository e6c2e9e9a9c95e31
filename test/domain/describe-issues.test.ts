import assert from "node:assert/strict"
import { test } from "node:test"
import * as z from "zod"
import { listProblems } from "../../src/domain/describe-issues.ts"
import { findNearest } from "../../src/domain/nearest.ts"

test("what a schema finds wrong is said in plain words, with the nearest member and every choice", () => {
  const schema = z.object({
    port: z.number().min(1),
    digest: z.string().length(64),
    grants: z.strictObject({ permissions: z.array(z.string()).min(1) }).exactOptional(),
    outcome: z.enum(["ok", "refused"]),
  })
  const wrong = { port: 0, digest: "x", grants: { permissions: [], permisions: [] }, outcome: "denied" }
  assert.deepEqual(listProblems(schema.safeParse(wrong).error?.issues ?? [], schema), [
    "port: must be at least 1",
    "digest: must have exactly 64 characters",
    "grants.permissions: must have at least 1 item",
    'grants: has no member "permisions"; did you mean "permissions"?',
    "outcome: must be one of ok, refused",
  ])
  assert.deepEqual(
    listProblems(schema.safeParse({ ...wrong, port: "x" }).error?.issues.slice(0, 1) ?? [], schema),
    ["port: expected number, received string"],
  )
})

test("a word that is far from all known ones has no nearest", () => {
  assert.equal(findNearest("nosuch", ["files", "mail"]), undefined)
  assert.deepEqual(
    [findNearest("fils", ["files"]), findNearest("memry", ["files", "memory"])],
    ["files", "memory"],
  )
})
