/** Values that changes are made of. */

import { grantsSchema } from "../../../src/domain/permission.ts"
import type { Key, Principal } from "../../../src/domain/principal.ts"
import { keptPolicySchema, type Policy } from "../../../src/domain/policy/policy.ts"
import type { Quota } from "../../../src/domain/quota/quota.ts"

type GrantsGiven = Parameters<typeof grantsSchema.parse>[0]

export function principalOf(name: string, grants: GrantsGiven = {}, facts: Partial<Principal> = {}): Principal {
  return {
    id: `id-of-${name}`,
    name,
    kind: "agent",
    grants: grantsSchema.parse(grants),
    disabled: false,
    createdAtMs: 0,
    createdBy: "test",
    version: 1,
    ...facts,
  }
}

export function keyOf({ id }: Principal, facts: Partial<Key> = {}): Key {
  const hash = "$argon2id$secret"
  return { id: "k1", principalId: id, hash, label: "", createdAtMs: 0, createdBy: "test", version: 1, ...facts }
}

export function quotaOf(facts: Partial<Quota> = {}): Quota {
  return {
    id: "q1",
    subject: { kind: "everyone" },
    target: { kind: "everything" },
    limit: 10,
    unit: "calls",
    algorithm: "fixed_window",
    window: { unit: "hour", count: 1, align: "calendar", timeZone: "UTC" },
    alertAt: [80],
    action: "refuse",
    contact: "ops",
    counter: "c1",
    createdAtMs: 0,
    createdBy: "test",
    changedAtMs: 0,
    version: 1,
    ...facts,
  }
}

export function policyOf(effect: "allow" | "deny"): Policy {
  const facts = { id: "p", name: "P", mode: "enforce", createdAtMs: 0, createdBy: "x", changedAtMs: 0, version: 1 }
  return keptPolicySchema.parse({ ...facts, rules: [{ id: "r", effect, target: { tools: ["files__*"] } }] })
}
