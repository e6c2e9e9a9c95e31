/** Bent messages for the MCP endpoint: of legacy clients with and without a session, and of modern ones. */

import * as fc from "fast-check"
import { bend, change, splice, spliced, prototypeNames, type Splice } from "./bending.ts"
import { legacyMessages, modernMessages } from "./grammar.ts"
import { chunked, httpBytes, type Field } from "./http-bytes.ts"
import { jsonFields, modernFields, type Message } from "./messages.ts"
import type { Input } from "./probe.ts"
import { textOf, treeOf } from "./tree.ts"

/** What is done to the head of a request, most often nothing. */
const headChange = fc.record({
  kind: fc.constantFrom(
    ..."none none none none none none none none none drop double change case odd target method chunked".split(" "),
  ),
  at: fc.nat(),
  which: fc.nat(),
})

type HeadChange = typeof headChange extends fc.Arbitrary<infer Value> ? Value : never

const oddFields = [
  ...prototypeNames,
  ..."* */* 0 -1 null {} a\u00ffb =?base64?!!?= =?base64?/w==?= application/json;charset=utf-16 2025-03-26".split(
    " ",
  ),
  ..."2026-07-28 1900-01-01 tools/call text/html".split(" "),
  "multipart/form-data; boundary=x",
  "x".repeat(3_000),
  "",
]
const targets = [
  "/mcp/modern",
  "/mcp/__proto__",
  "/mcp/constructor",
  "/mcp/",
  "/mcp?a=1",
  "/mcp/%6dodern",
  "//mcp",
  "/MCP",
]
const methods = ["PUT", "PATCH", "OPTIONS", "HEAD", "TRACE", "GET", "M-SEARCH"]

/** Of one message, whole or bent. */
const bending = fc.record({
  changes: fc.array(change, { maxLength: 2 }),
  splices: fc.oneof(
    { weight: 5, arbitrary: fc.constant<Splice[]>([]) },
    { weight: 1, arbitrary: fc.array(splice, { minLength: 1, maxLength: 2 }) },
  ),
  head: headChange,
})

type Bending = typeof bending extends fc.Arbitrary<infer Value> ? Value : never

export type Door = { readonly fields: readonly Field[]; readonly sessions: readonly (readonly Field[])[] }

/** @param count of each of the three kinds of clients a third */
export function* mcpInputs({ fields, sessions }: Door, seed: number, count: number): Generator<Input> {
  const third = Math.ceil(count / 3)
  const sample = <Value>(arbitrary: fc.Arbitrary<Value>, salt: number): Value[] =>
    fc.sample(arbitrary, { seed: seed + salt, numRuns: third })
  const bendings = sample(bending, 0)
  const bare = sample(legacyMessages, 1)
  const inSession = sample(legacyMessages, 2)
  const modern = sample(modernMessages, 3)
  for (const [at, how] of bendings.entries()) {
    const session = sessions[at % sessions.length] ?? []
    yield inputOf("legacy", bare[at], fields, how)
    yield inputOf("legacy in a session", inSession[at], [...fields, ...session], how)
    yield inputOf("modern", modern[at], [...fields, ...modernFields(modern[at] as Message)], how)
  }
}

function inputOf(what: string, message: Message | undefined, fields: readonly Field[], how: Bending): Input {
  const tree = how.changes.reduce(bend, treeOf(message))
  const body = how.splices.reduce(spliced, Buffer.from(textOf(tree)))
  return { what: `${what} ${message?.method}`, ...headBent([...fields, ...jsonFields], body, how.head) }
}

function headBent(fields: readonly Field[], body: Buffer, { kind, at, which }: HeadChange): Omit<Input, "what"> {
  const place = at % fields.length
  const odd = oddFields[which % oddFields.length] as string
  // Credentials are tried elsewhere: a guess costs a second of anybody's time.
  const kept = fields[place]?.[0] === "authorization" ? "none" : kind
  const [method, target] = ["POST", "/mcp"]
  const bent = fields.flatMap((field, index) => (index === place ? fieldBent(field, kept, odd) : [field]))
  const draft = { method, target, fields: bent, body }
  if (kept === "target") return { bytes: httpBytes({ ...draft, target: targets[which % targets.length] ?? "" }) }
  if (kept === "method") {
    // Node.js leaves the bodies of some methods for the next request.
    const bytes = httpBytes({ ...draft, method: methods[which % methods.length] ?? "", body: Buffer.alloc(0) })
    return { bytes, endsConnection: "reset" }
  }
  if (kept === "chunked")
    return {
      bytes: httpBytes({
        ...draft,
        fields: [...bent, ["transfer-encoding", "chunked"]],
        body: chunked(body, 1 + (which % 97)),
      }),
    }
  return { bytes: httpBytes(draft) }
}

function fieldBent([name, value]: Field, kind: string, odd: string): readonly Field[] {
  if (kind === "drop") return []
  if (kind === "double") return [[name, value], [name, value]] // oxfmt-ignore
  if (kind === "change") return [[name, odd]]
  if (kind === "case") return [[name.toUpperCase(), value.toUpperCase()]]
  if (kind === "odd") return [[name, value], [`x-${odd.replaceAll(/[^a-z_]/gi, "")}`, odd]] // oxfmt-ignore
  return [[name, value]]
}
