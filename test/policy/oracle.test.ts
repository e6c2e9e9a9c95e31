/** The engine against the oracle, over generated worlds. At the doors of a running gateway: doors.test.ts. */

import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  compilePolicies,
  type CompiledPolicies,
  type PolicyItem,
} from "../../src/domain/policy/compiled-policies.ts"
import { decide, mayEver, type AskedOfPolicy } from "../../src/domain/policy/decide.ts"
import { keptPolicySchema, type Policy } from "../../src/domain/policy/policy.ts"
import { compileGrants, grantsSchema } from "../../src/domain/permission.ts"
import type { Principal } from "../../src/domain/principal.ts"
import { readStrictJson } from "../../src/mcp/strict-json.ts"
import type { Asked } from "./asked.ts"
import { isAllowed } from "./oracle.ts"
import { asked, everyArguments, usedBy } from "./worlds.ts"

type World = Omit<Asked, "args">

/** 2026-11-22 was a Sunday. */
const sundayMs = Date.UTC(2026, 10, 22)
const days = ["sun", "mon", "tue"]

function compiled({ policies }: World): CompiledPolicies {
  const kept = policies.map((policy, at): Policy =>
    keptPolicySchema.parse({
      ...policy,
      id: `p${at}`,
      name: "p",
      createdAtMs: 0,
      createdBy: "t",
      changedAtMs: 0,
      version: 1,
    }),
  )
  return compilePolicies(kept)
}

function engineAsked({ principal, grants, item, action, minute, day, source, client }: World): AskedOfPolicy {
  const { kind, service, name, own, tags, hints } = item
  const given: PolicyItem = {
    kind,
    service,
    canonicalName: name,
    ownName: own,
    tags,
    annotations: () => hints as never,
  }
  const may = compileGrants(grantsSchema.parse({ [kind]: grants }))
  const nowMs = sundayMs + (days.indexOf(day) * 1_440 + minute) * 60_000 + 59_999
  return {
    principal: { ...principal, grants: undefined, disabled: false } as unknown as Principal,
    action,
    item: given,
    circumstances: { nowMs, source, client },
    isGranted: may.mayUse(kind, name),
  }
}

const runs = Number(process.env["MCP_META_TESTS_DECISIONS"] ?? 6_000)

test("AUTHZ-01 AUTHZ-02 AUTHZ-03 AUTHZ-04 the engine decides as the oracle does", (t) => {
  const counts = { allowed: 0, denied: 0 }
  fc.assert(
    fc.property(asked, (one) => {
      const { text, ...world } = one
      const expected = isAllowed(world)
      counts[expected ? "allowed" : "denied"]++
      const decision = decide(compiled(world), engineAsked(world), () => readStrictJson(Buffer.from(text)))
      assert.equal(decision.allowed, expected)
    }),
    { numRuns: runs },
  )
  t.diagnostic(`${runs} decisions, mismatches 0: ${counts.allowed} allowed, ${counts.denied} denied`)
  assert.ok(counts.allowed > runs / 10 && counts.denied > runs / 10)
})

/** Whether two patterns are asked of one argument: whether they leave a text is not worked out. */
function hasTwoPatterns({ policies }: World): boolean {
  const conditions = policies.flatMap(({ rules }) => rules.flatMap((rule) => rule.arguments ?? []))
  const patterns = conditions.filter((one) => one["matches"] !== undefined)
  return [...Map.groupBy(patterns, (one) => one["pointer"]).values()].some(
    (alike) => new Set(alike.map((one) => one["matches"])).size > 1,
  )
}

test("AUTHZ-01 what is listed is exactly what some arguments let be called", (t) => {
  const counts = { listed: 0, hidden: 0 }
  const numRuns = Math.ceil(runs / 20)
  fc.assert(
    fc.property(asked, ({ text: _text, ...world }) => {
      const one = { ...world, action: usedBy[world.item.kind] } as World
      const given = one.action === "read" ? [{}] : everyArguments
      const expected = given.some((args) => isAllowed({ ...one, args }))
      counts[expected ? "listed" : "hidden"]++
      const listed = mayEver(compiled(one), engineAsked(one))
      if (expected || !hasTwoPatterns(one)) assert.equal(listed, expected, JSON.stringify(one.policies))
    }),
    { numRuns },
  )
  t.diagnostic(
    `${numRuns} things, ${everyArguments.length} arguments each, mismatches 0: ${counts.listed} listed, ${counts.hidden} hidden`,
  )
})
