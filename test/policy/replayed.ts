/**
 * `simulate_policy` against what then happens: calls are made and recorded, a draft is simulated over the log, and the
 * same calls are made once more with the draft enforced. What is named beforehand must be what is refused.
 */

import fc from "fast-check"
import type { EntryRecorder } from "../../src/domain/audit/log.ts"
import type { Collection } from "../../src/domain/collection.ts"
import type { Principal } from "../../src/domain/principal.ts"
import { replay, type Worlds } from "../../src/domain/policy/replay.ts"
import { operations } from "../../src/operations/index.ts"
import type { OperationContext } from "../../src/operations/operation.ts"
import { perform } from "../../src/operations/perform.ts"
import type { Flips } from "../../src/operations/policies/simulation-tally.ts"
import { principal } from "../call/fixtures.ts"
import { openLog } from "../operations/log-kit.ts"
import { callers, callId, compiled, knownWith, play, type PastCall } from "./past.ts"
import { odd, textOf } from "./worlds.ts"

/** A Friday, 05:00 UTC; calls come each second from then on, past noon and past midnight. */
const beganMs = Date.UTC(2026, 10, 20, 5)

const targets = [
  ["tools/call", "crm__get"],
  ["tools/call", "crm__drop"],
  ["tools/call", "lab__run"],
  ["prompts/get", "crm__ask"],
  ["resources/read", "mcp://lab/note://1"],
] as const

const value = fc.constantFrom("x", "y", "ann", "bot", "é", 1, 2, 3, 50, 99.5, true, false, null, odd, ["x"])
const args = fc.record(
  { a: value, b: value, token: fc.constant("tok_live_0123456789abcdef") },
  { requiredKeys: [] },
)
const how = fc.constantFrom("plain", "plain", "plain", "plain", "escaped", "twice", "twice within")

const pastCall = fc
  .record({
    who: fc.constantFrom(...callers),
    target: fc.constantFrom(...targets),
    text: fc.option(
      fc.tuple(args, how).map(([given, way]) => textOf(given, way)),
      { nil: undefined, freq: 9 },
    ),
    client: fc.constantFrom("cursor", "other", undefined),
  })
  .map(({ who, target: [method, name], text, client }) => ({
    who,
    method,
    name,
    client,
    text: method === "resources/read" ? undefined : text,
  }))

const base = {
  id: "base",
  rules: [
    {
      id: "lab-for-bot",
      effect: "allow",
      subject: { principals: ["bot"] },
      target: { tools: ["lab__run"] },
      arguments: [{ pointer: "/a", oneOf: ["x", 1, true] }],
    },
  ],
}

/** Rules of every kind whose inputs the log holds. */
export const draft = {
  id: "draft",
  name: "A draft",
  mode: "shadow",
  rules: [
    {
      id: "drops",
      effect: "deny",
      target: { tags: ["prod"], annotations: { destructiveHint: true } },
      arguments: [{ pointer: "/a", equals: "x", not: true }],
    },
    {
      id: "own",
      effect: "deny",
      subject: { kinds: ["agent"] },
      target: { tools: ["crm__get"] },
      arguments: [{ pointer: "/b", equalsPrincipal: "name", not: true, absent: "passes" }],
    },
    { id: "large", effect: "deny", target: { tools: ["lab__*"] }, arguments: [{ pointer: "/b", min: 50 }] },
    {
      id: "nights",
      effect: "deny",
      target: { prompts: ["*"] },
      time: { zone: "Europe/Berlin", from: "18:00", to: "08:00" },
    },
    {
      id: "odd-client",
      effect: "deny",
      subject: { principals: ["a*"] },
      target: { resources: ["lab/*"] },
      client: { names: ["cursor/*"], not: true },
    },
    {
      id: "cal-notes",
      effect: "allow",
      subject: { principals: ["cal"] },
      target: { resources: ["lab/*"] },
      time: { zone: "UTC", days: ["fri"] },
    },
  ],
}

export type Compared = {
  readonly calls: number
  readonly denied: number
  readonly allowed: number
  readonly simulateMs: number
  /** Of each, what the other did not name. */
  readonly mismatches: readonly string[]
}

export async function compareWithReplay(count: number, seed = 7): Promise<Compared> {
  const closers: (() => unknown)[] = []
  const t = { after: (close: () => unknown) => void closers.unshift(close) }
  try {
    const log = await openLog(t, () => beganMs + count * 1_000)
    const past = fc
      .sample(pastCall, { numRuns: count, seed })
      .map((one, at): PastCall => ({ ...one, atMs: beganMs + at * 20_000 }))
    const before = compiled([base])
    const refusedBefore = await play(past, { policies: before, recorder: log.recorder, payloads: "redacted" })
    const beganSimulation = performance.now()
    const simulated = await simulate(log.audit)
    const simulateMs = performance.now() - beganSimulation
    const named = await nameAll(log.audit)
    const enforced = compiled([base, { ...draft, mode: "enforce" }])
    const refusedAfter = await play(past, { policies: enforced, recorder: nowhere, payloads: "digest" })
    const denied = [...refusedAfter].filter((at) => !refusedBefore.has(at)).map(callId)
    const allowed = [...refusedBefore].filter((at) => !refusedAfter.has(at)).map(callId)
    const mismatches = [
      ...differences("denied", named.denied, denied),
      ...differences("allowed", named.allowed, allowed),
      ...countDifferences("denied", simulated.newlyDenied, denied),
      ...countDifferences("allowed", simulated.newlyAllowed, allowed),
      ...(simulated.undecided.arguments + simulated.undecided.source === 0
        ? []
        : [`undecided ${JSON.stringify(simulated.undecided)}`]),
    ]
    return { calls: count, denied: denied.length, allowed: allowed.length, simulateMs, mismatches }
  } finally {
    for (const close of closers) await close()
  }
}

const governor = principal("gov", { permissions: ["govern"] })
const nowhere: EntryRecorder = { append: async () => {}, note: () => {}, trouble: undefined }

const stored = {
  list: async () => ({ items: callers.map((one) => one.principal) }),
} as unknown as Collection<Principal>

type Simulated = {
  readonly newlyDenied: Flips
  readonly newlyAllowed: Flips
  readonly undecided: { readonly arguments: number; readonly source: number }
}

async function simulate(audit: OperationContext["audit"]): Promise<Simulated> {
  const operation = operations.find(({ name }) => name === "simulate_policy")
  const { policies, catalog } = knownWith(compiled([base]), () => beganMs)
  const access = { policies, catalog, circumstances: { nowMs: beganMs }, permissionOf: () => undefined }
  const context = {
    actor: governor,
    audit,
    access,
    principals: stored,
    nowMs: beganMs,
    signal: new AbortController().signal,
  }
  if (!operation) throw new Error("There is no operation simulate_policy.")
  const { output } = await perform(operation, context as unknown as OperationContext, { draft })
  return output as unknown as Simulated
}

/** Each call that would be decided otherwise, where the operation counts and names some. */
async function nameAll(audit: OperationContext["audit"]): Promise<{ denied: string[]; allowed: string[] }> {
  const drafted = { ...draft, mode: "enforce" }
  const worlds: Worlds = {
    before: compiled([base]),
    after: compiled([base, drafted]),
    dropped: compiled([]),
    drafted: compiled([drafted]),
    catalog: knownWith(compiled([]), () => 0).catalog,
    find: (id) => callers.find((one) => one.principal.id === id),
  }
  const named: { denied: string[]; allowed: string[] } = { denied: [], allowed: [] }
  for (const [kind, wanted] of [
    ["start", "denied"],
    ["refusal", "allowed"],
  ] as const) {
    let cursor: string | undefined
    do {
      const page = await audit.page({ kind }, { limit: 1_000, ...(cursor !== undefined && { cursor }) })
      for (const kept of page.items)
        if (replay(worlds, kept).outcome === wanted) named[wanted].push(kept.entry.callId ?? "")
      cursor = page.nextCursor
    } while (cursor !== undefined)
  }
  return named
}

function differences(what: string, named: readonly string[], happened: readonly string[]): readonly string[] {
  const [left, right] = [new Set(named), new Set(happened)]
  return [
    ...named.filter((id) => !right.has(id)).map((id) => `${what}: ${id} was named and did not happen`),
    ...happened.filter((id) => !left.has(id)).map((id) => `${what}: ${id} happened and was not named`),
  ]
}

function countDifferences(what: string, { calls, groups }: Flips, happened: readonly string[]): readonly string[] {
  const known = new Set(happened)
  const wrong = groups.flatMap(({ examples }) => examples).filter((id) => !known.has(id))
  const sum = groups.reduce((all, group) => all + group.calls, 0)
  return [
    ...wrong.map((id) => `${what}: the example ${id} did not happen`),
    ...(calls === happened.length && sum === calls
      ? []
      : [`${what}: ${calls} were counted, ${sum} in groups, of ${happened.length}`]),
  ]
}
