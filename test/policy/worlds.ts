/**
 * Generated worlds: who, with what grants, under which policies, wants what, with which arguments, when and from where.
 * The pools are small so that rules meet calls, and each argument a rule speaks of has a value on either side of it.
 */

import fc from "fast-check"
import type { Asked, Given } from "./asked.ts"

export const principals = [
  { id: "1", name: "ann", kind: "human", team: "red" },
  { id: "2", name: "bot.a", kind: "agent", team: "x" },
  { id: "3", name: "bot.b", kind: "agent" },
] as const

const plain = { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true }

/** What two services offer; `own` is what a tool was called before its service's file renamed it. */
export const items = [
  {
    kind: "tools",
    service: "crm",
    name: "crm__get",
    tags: ["prod"],
    hints: { ...plain, readOnlyHint: true, destructiveHint: false },
  },
  { kind: "tools", service: "crm", name: "crm__drop", own: "crm__delete", tags: ["prod"], hints: plain },
  {
    kind: "tools",
    service: "lab",
    name: "lab__run",
    tags: [],
    hints: { ...plain, destructiveHint: false, openWorldHint: false },
  },
  { kind: "prompts", service: "crm", name: "crm__ask", tags: ["prod"], hints: plain },
  { kind: "resources", service: "lab", name: "lab/note://1", tags: [], hints: plain },
] as const satisfies readonly Asked["item"][]

const patterns = [
  "*",
  "crm*",
  "crm__get",
  "crm__delete",
  "crm__drop",
  "lab__*",
  "*r*",
  "crm__ask",
  "lab/*",
  "lab/note://1",
  "CRM__get",
]
const some = <T>(values: readonly T[]): fc.Arbitrary<T[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 2 })
const not = { not: fc.constant(true as const) }
const record = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> =>
  fc.record(shape, { requiredKeys: [] }) as never

const subject = record({
  principals: some(["ann", "bot.*", "bot.b", "*"]),
  kinds: some(["human", "agent", "workload"]),
  teams: some(["red", "x"]),
})
const target = record({
  services: some(["crm", "lab", "*b"]),
  tools: some(patterns),
  prompts: some(patterns),
  resources: some(patterns),
  tags: some(["prod", "none"]),
  annotations: record({ readOnlyHint: fc.boolean(), destructiveHint: fc.boolean(), openWorldHint: fc.boolean() }),
})

const scalars = ["x", "y", "ann", "1", 1, 2, 9, true] as const
const tests: readonly fc.Arbitrary<Given>[] = [
  fc.record({ equals: fc.constantFrom(...scalars) }),
  fc.record({ oneOf: some(scalars) }),
  fc.record({ matches: fc.constantFrom("x.*", "[a-y]+", "(x|y)z?", "\\d+") }),
  fc.record({ min: fc.constantFrom(0, 2), max: fc.constantFrom(2, 5) }),
  fc.record({ max: fc.constantFrom(1, 5) }),
  fc.record({ equalsPrincipal: fc.constantFrom("id", "name", "team", "kind") }),
]
const pointers = ["/a", "/b", "/a/c"] as const

/** @param absent whether the rule denies, so that it may say what becomes of calls without the argument */
const condition = (absent: boolean): fc.Arbitrary<Given> =>
  fc
    .tuple(fc.constantFrom(...pointers), fc.oneof(...tests), fc.record(not, { requiredKeys: [] }), fc.boolean())
    .map(([pointer, test, turned, passes]) => ({
      pointer,
      ...test,
      ...turned,
      ...(absent && passes && { absent: "passes" }),
    }))

const clocks = ["06:00", "12:00", "20:00"] as const
const time = fc
  .tuple(
    fc.constantFrom("days", "from", "both"),
    some(["mon", "sun"] as const),
    fc.constantFrom(...clocks),
    fc.constantFrom(...clocks),
    fc.record(not, { requiredKeys: [] }),
  )
  .map(([which, days, from, to, turned]) => ({
    zone: "UTC",
    ...(which !== "from" && { days }),
    ...(which !== "days" && { from, ...(from !== to && { to }) }),
    ...turned,
  }))

const rule = fc
  .record({
    effect: fc.constantFrom("allow", "deny"),
    subject: fc.oneof(fc.constant({}), subject),
    target: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: target }),
    actions: fc.option(some(["call", "get", "read", "complete"] as const), { freq: 3 }),
    conditions: fc.nat(3),
    seeds: fc.tuple(condition(true), condition(true), condition(true)),
    time: fc.option(time, { freq: 1 }),
    source: fc.option(
      fc.record({ in: some(["10.0.0.0/8", "10.1.2.3", "192.168.0.0/16"]), ...not }, { requiredKeys: ["in"] }),
      { freq: 1 },
    ),
    client: fc.option(fc.record({ names: some(["cursor/*", "*1*"]), ...not }, { requiredKeys: ["names"] }), {
      freq: 1,
    }),
    around: fc.nat(5),
  })
  .map(({ effect, subject, target, actions, conditions, seeds, time, source, client, around }) => {
    const kept = seeds
      .slice(0, conditions)
      .map(({ absent, ...one }) => ({ ...one, ...(effect === "deny" && absent !== undefined && { absent }) }))
    return {
      effect,
      subject,
      target,
      ...(actions && { actions }),
      ...(kept.length > 0 && { arguments: kept }),
      ...(around === 0 && time && { time }),
      ...(around === 1 && source && { source }),
      ...(around === 2 && client && { client }),
    }
  })

export const policies = fc.array(
  fc
    .record({
      mode: fc.constantFrom("enforce", "enforce", "enforce", "shadow", "off"),
      rules: fc.array(rule, { maxLength: 4 }),
    })
    .map(({ mode, rules }) => ({ mode, rules: rules.map((one, at) => ({ ...one, id: `r${at}` })) })),
  { minLength: 1, maxLength: 3 },
)

export const grants = fc.record({
  allow: fc.array(fc.constantFrom(...patterns), { maxLength: 3 }),
  deny: fc.array(fc.constantFrom(...patterns.slice(1)), { maxLength: 1 }),
})

/** Past what a double holds. */
export const odd = Symbol("odd")

export const values = [
  "x",
  "y",
  "xz",
  "ann",
  "bot.a",
  "human",
  "agent",
  "red",
  "1",
  "2",
  "3",
  "new",
  "é",
  "",
  -1,
  0,
  1,
  1.5,
  2,
  3,
  5,
  9,
  10,
  true,
  false,
  null,
  odd,
] as const
const oneArgument = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...values) },
  { weight: 2, arbitrary: fc.record({ c: fc.constantFrom(...values) }) },
  { weight: 1, arbitrary: fc.constant({}) },
)

/** The arguments, and as whose text they come: one that holds a key twice stands for none that can be read. */
export const given = fc
  .tuple(
    record({ a: oneArgument, b: oneArgument }),
    fc.constantFrom("plain", "plain", "plain", "escaped", "twice", "twice within"),
  )
  .map(([args, how]) => ({ args: how.startsWith("twice") ? undefined : args, text: textOf(args, how) }))

export function textOf(args: Given, how: string): string {
  const text = JSON.stringify(args, (_key, value: unknown) => (value === odd ? "\u0000odd" : value)).replaceAll(
    '"\\u0000odd"',
    "9007199254740993",
  )
  if (how === "escaped") return text.replaceAll('"a":', '"\\u0061" : ')
  const rest = text === "{}" ? "}" : `,${text.slice(1)}`
  if (how === "twice") return `{"b":1,"b":2${rest}`
  return how === "twice within" ? `{"z":{"q":[{"k":1,"k":1}]}${rest}` : text
}

export const around = fc.record({
  minute: fc.constantFrom(0, 359, 360, 719, 720, 1_200, 1_439),
  day: fc.constantFrom("mon", "tue", "sun"),
  source: fc.constantFrom("10.1.2.3", "10.9.9.9", "11.0.0.1", "192.168.7.7", undefined),
  client: fc.constantFrom("cursor/2", "Cursor/1", "other/1", undefined),
})

export const asked = fc
  .record({
    principal: fc.constantFrom(...principals),
    item: fc.constantFrom(...items),
    policies,
    grants,
    given,
    around,
    completes: fc.integer({ min: 0, max: 4 }),
  })
  .map(({ given: { args, text }, around, completes, ...world }) => ({
    ...world,
    ...around,
    args,
    text,
    action: completes === 0 && world.item.kind !== "tools" ? ("complete" as const) : usedBy[world.item.kind],
  }))

export const usedBy = { tools: "call", prompts: "get", resources: "read" } as const

/** Everything that arguments can be here, as far as rules can tell it apart: what somebody is called, too. */
const called: readonly string[] = principals.flatMap((principal) => Object.values(principal))
const alone = [...new Set([undefined, ...values.filter((value) => typeof value !== "symbol"), ...called])]
const first = [...alone, ...alone.filter((value) => value !== undefined).map((c) => ({ c })), {}]
export const everyArguments = first.flatMap((a) =>
  alone.map((b) => ({ ...(a !== undefined && { a }), ...(b !== undefined && { b }) })),
)
