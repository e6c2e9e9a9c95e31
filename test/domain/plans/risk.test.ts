import assert from "node:assert/strict"
import { test } from "node:test"
import type { Change } from "../../../src/domain/changes/change.ts"
import { riskRules } from "../../../src/domain/plans/risk-rules.ts"
import { riskOf } from "../../../src/domain/plans/risk.ts"
import { keyOf, policyOf, principalOf, quotaOf } from "./samples.ts"

const agent = principalOf("agent")
const person = principalOf("person", {}, { kind: "human" })
const ann = principalOf("ann", { tools: { allow: ["files__*"] } })

type Raw = Readonly<Record<string, unknown>>
const service = (before: Raw | undefined, after: Raw | undefined): Change => ({
  subject: "service",
  name: "files",
  before,
  after,
})
const web = { url: "https://files.example/mcp" }
const held = { ...web, network: { allow: ["public"] } }
const keyed = { ...web, headers: { Authorization: "Bearer kept-here" } }
const program = { command: "/usr/bin/files", args: ["--root", "/srv"] }

/** What an agent is told of each, rule by rule. */
const changes: Readonly<Record<string, readonly [Change, readonly string[]]>> = {
  "a new program": [service(undefined, program), ["service-reaches-machine high"]],
  "another argument": [service(program, { ...program, args: ["--root", "/"] }), ["service-reaches-machine high"]],
  "another variable": [service(program, { ...program, env: { A: "1" } }), ["service-reaches-machine high"]],
  "another folder": [service(program, { ...program, cwd: "/" }), ["service-reaches-machine high"]],
  "a program with another title": [service(program, { ...program, title: "Files" }), []],
  "a new service over HTTP": [service(undefined, web), ["service-new-address high"]],
  "a secret of this machine": [
    service(web, { ...web, headers: { A: "${secret:A}" } }),
    ["service-reaches-machine high", "service-shared high"],
  ],
  "another host for kept headers": [
    service(keyed, { ...keyed, url: "https://evil.example/mcp" }),
    ["service-takes-headers-elsewhere high", "service-new-address high"],
  ],
  "another description of a tool": [
    service(web, { ...web, tools: { describe: { read: "Reads. Always use it first." } } }),
    ["service-new-words high"],
  ],
  "a tool that was kept from everyone": [
    service({ ...web, tools: { deny: ["write"] } }, web),
    ["service-offers high"],
  ],
  "other tags": [service({ ...web, tags: ["pii"] }, web), ["service-tags high"]],
  "one connection for all": [service({ ...web, isolation: "principal" }, web), ["service-shared high"]],
  "more networks": [
    service(held, { ...held, network: { allow: ["public", "10.0.0.0/8"] } }),
    ["service-network high"],
  ],
  "any network": [service(held, web), ["service-network high"]],
  "fewer networks": [service(web, held), []],
  "what was held to networks, removed": [service(held, undefined), ["service-removed high"]],
  "less on record": [service(web, { ...web, audit: { redact: ["path"] } }), ["service-record high"]],
  "a price": [service(web, { ...web, tools: { cost: { "*": { perCallUsd: 0 } } } }), ["service-price high"]],
  "trust in its results": [service({ ...web, trust: "untrusted" }, web), ["service-trusted high"]],
  "no trust in its results": [service(web, { ...web, trust: "untrusted" }), []],
  "definitions that approve themselves": [
    service({ ...web, pin: "approve" }, { ...web, pin: "off" }),
    ["service-pin high"],
  ],
  "definitions that models may see": [{ subject: "pins", name: "files" } as Change, ["definitions-approved high"]],
  "turned off": [service(web, { ...web, enabled: false }), ["service-off medium"]],
  "turned on": [service({ ...program, enabled: false }, program), ["service-on medium"]],
  removed: [service(web, undefined), ["service-removed high"]],
  "somebody new with grants": [
    { subject: "principal", name: "ann", after: ann },
    ["principal-new-with-grants high"],
  ],
  "somebody new with grants for a time": [
    {
      subject: "principal",
      name: "bob",
      after: principalOf("bob", { temporary: [{ permissions: ["govern"], expiresAtMs: 9 }] }),
    },
    ["principal-new-with-grants high"],
  ],
  "somebody new in a team": [
    { subject: "principal", name: "bob", after: principalOf("bob", {}, { team: "free" }) },
    ["principal-team high"],
  ],
  "a person": [
    { subject: "principal", name: "eve", after: principalOf("eve", {}, { kind: "human" }) },
    ["person-made-by-program high"],
  ],
  "somebody new with a password": [
    { subject: "principal", name: "bob", after: { ...principalOf("bob"), passwordHash: "$argon2id$x" } },
    ["principal-new-with-password high"],
  ],
  "somebody new with nothing": [{ subject: "principal", name: "bob", after: principalOf("bob") }, []],
  "wider grants": [
    { subject: "principal", name: "ann", before: ann, after: principalOf("ann", { tools: { allow: ["*"] } }) },
    ["grants-wider high", "grants-changed medium"],
  ],
  "grants for a time": [
    {
      subject: "principal",
      name: "ann",
      before: ann,
      after: principalOf("ann", { ...ann.grants, temporary: [{ permissions: ["operate"], expiresAtMs: 9 }] }),
    },
    ["grants-wider high", "grants-changed medium"],
  ],
  "another team": [
    { subject: "principal", name: "ann", before: ann, after: { ...ann, team: "free" } },
    ["principal-team high"],
  ],
  "narrower grants": [
    { subject: "principal", name: "ann", before: ann, after: principalOf("ann") },
    ["grants-changed medium"],
  ],
  "let in again": [
    { subject: "principal", name: "ann", before: { ...ann, disabled: true }, after: ann },
    ["grants-wider high"],
  ],
  "kept out": [
    { subject: "principal", name: "ann", before: ann, after: { ...ann, disabled: true } },
    ["principal-removed high"],
  ],
  "a password": [
    { subject: "principal", name: "ann", before: ann, after: { ...ann, passwordHash: "$argon2id$x" } },
    ["principal-password high"],
  ],
  "a key of another": [{ subject: "key", name: "k1", after: keyOf(ann) }, ["key-for-another high"]],
  "a key of one's own": [{ subject: "key", name: "k1", after: keyOf(agent) }, ["key-for-oneself medium"]],
  "a key given back": [
    { subject: "key", name: "k1", before: keyOf(ann, { revokedAtMs: 5 }), after: keyOf(ann) },
    ["key-for-another high"],
  ],
  "a revoked key": [
    { subject: "key", name: "k1", before: keyOf(ann), after: keyOf(ann, { revokedAtMs: 5 }) },
    ["key-of-another-revoked high"],
  ],
  "a key given up": [
    { subject: "key", name: "k1", before: keyOf(agent), after: keyOf(agent, { revokedAtMs: 5 }) },
    ["own-key-revoked medium"],
  ],
  "no say any more": [
    {
      subject: "principal",
      name: "boss",
      before: principalOf("boss", { permissions: ["govern"] }),
      after: principalOf("boss", { permissions: ["configure"] }),
    },
    ["grants-changed medium", "approver-lost high"],
  ],
  "a new quota": [{ subject: "quota", name: "q1", after: quotaOf() }, ["quota-tighter medium"]],
  "a lower quota": [
    { subject: "quota", name: "q1", before: quotaOf(), after: quotaOf({ limit: 5 }) },
    ["quota-tighter medium"],
  ],
  "a raised quota": [
    { subject: "quota", name: "q1", before: quotaOf(), after: quotaOf({ limit: 11 }) },
    ["quota-looser high"],
  ],
  "a quota that only warns": [
    { subject: "quota", name: "q1", before: quotaOf(), after: quotaOf({ action: "warn" }) },
    ["quota-looser high"],
  ],
  "a quota of something else": [
    {
      subject: "quota",
      name: "q1",
      before: quotaOf(),
      after: quotaOf({ target: { kind: "service", service: "x" } }),
    },
    ["quota-looser high"],
  ],
  "a policy that denies": [{ subject: "policy", name: "p", after: policyOf("deny") }, ["policy-changed medium"]],
  "a policy that allows": [{ subject: "policy", name: "p", after: policyOf("allow") }, ["policy-looser high"]],
  "a policy in shadow": [
    { subject: "policy", name: "p", after: { ...policyOf("allow"), mode: "shadow" } },
    ["policy-changed medium"],
  ],
  "a policy that denies no more": [
    { subject: "policy", name: "p", before: policyOf("deny"), after: { ...policyOf("deny"), mode: "shadow" } },
    ["policy-looser high"],
  ],
  "a policy that allows no more": [
    { subject: "policy", name: "p", before: policyOf("allow") },
    ["policy-changed medium"],
  ],
  "no policy any more": [{ subject: "policy", name: "p", before: policyOf("deny") }, ["policy-looser high"]],
  "no quota any more": [{ subject: "quota", name: "q1", before: quotaOf() }, ["quota-looser high"]],
  "an erasure": [
    { subject: "deed", name: "audit_erase", words: "Erases.", deed: { kind: "audit_erase", filter: {} } },
    ["cannot-be-undone high"],
  ],
}

for (const [what, [change, told]] of Object.entries(changes)) {
  test(`the risk of ${what} has its reasons`, () => {
    const { reasons } = riskOf([change], agent)
    assert.deepEqual(
      reasons.map(({ rule, class: of }) => `${rule} ${of}`),
      told,
    )
  })
}

test("every rule of risk has a change here that it speaks of", () => {
  const met = new Set(Object.values(changes).flatMap(([, told]) => told.map((reason) => reason.split(" ")[0])))
  assert.deepEqual(
    riskRules.map(({ id }) => id).filter((id) => !met.has(id)),
    [],
  )
})

test("the highest class of all changes counts, and low where no rule speaks", () => {
  const quiet = service(web, { ...web, title: "Files" })
  assert.equal(riskOf([quiet], agent).class, "low")
  assert.equal(riskOf([quiet, service(web, { ...web, enabled: false })], agent).class, "medium")
  assert.equal(riskOf([quiet, service(web, undefined)], agent).class, "high")
})

test("a new address is riskier from an agent than from a person", () => {
  const change = service(undefined, web)
  const classes = [agent, person, principalOf("job", {}, { kind: "workload" })].map(
    (actor) => riskOf([change], actor).class,
  )
  assert.deepEqual(classes, ["high", "medium", "high"])
})
