/** What is done to a valid input: its values, its members, its bytes. Each change is chosen by plain numbers. */

import * as fc from "fast-check"
import { changedAt, sizeOf, textOf, type Members, type Tree } from "./tree.ts"

/** Names that mean something to JavaScript. */
export const prototypeNames = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "__defineGetter__",
]

const pollution = `{"polluted":1,"isAdmin":true}`

/** Tokens and texts that other readers trip over, whatever was to stand there. */
const oddValues: readonly string[] = [
  ...`null true false 0 -0 -1 1.5 1e400 -1e400 1e-400 9007199254740993 -9223372036854775808 1E+2 0.1e1`.split(" "),
  `123456789012345678901234567890123456789012345678901234567890`,
  `"" "a" "1" "NaN" "Infinity" "true" "null" "*" "../../etc/passwd" "%00" "%2e%2e%2f" "\\u0000" "\\ud800"`.split(
    " ",
  ),
  String.raw`"a\r\nX-Injected: 1" "\u001b[31mred" "\u202egnp" "\ufeff" "\\" "\"" "${"$"}{env:HOME}" "\ud83d\ude00"`.split(
    /(?<=") (?=")/,
  ),
  ...prototypeNames.map((name) => JSON.stringify(name)),
  `{} [] [[]] [{}] {"a":1} [null] {"":""} {"$ref":"#"}`.split(" "),
  `{"__proto__":${pollution}}`,
  `{"constructor":{"prototype":${pollution}}}`,
  `{"a":1,"a":2}`,
  `"${"x".repeat(70_000)}"`,
  `"${"é".repeat(300)}"`,
  nest("[", 62),
  nest("[", 70),
  nest(`{"a":`, 61),
  nest("[", 3_000),
  `[${"1,".repeat(2_000)}1]`,
  `{${Array.from({ length: 500 }, (_, index) => `"k${index}":${index}`).join(",")}}`,
].flat()

/** Texts where a text was to stand, as they are. Those that no header or target may hold are left to whoever sends. */
export const oddTexts: readonly string[] = [
  ...prototypeNames,
  ...'* -1 0 1e400 NaN 9007199254740993 null true {} [] {"a":1 [1 %00 %zz ../.. a/b a\\b \' " <script> ${env:HOME}'.split(
    " ",
  ),
  "",
  " ",
  "\0",
  "a\r\nX: y",
  "\u202e",
  "\ufeff",
  "\ud83d\ude00",
  "é".repeat(300),
  "x".repeat(3_000),
]

/** Tokens that JSON has not. */
const noValues = [
  "NaN",
  "Infinity",
  "undefined",
  "01",
  "+1",
  ".5",
  "1.",
  "0x10",
  "'a'",
  '"\t"',
  '"\\x41"',
  "tru",
  "{",
  "]",
  "",
]

function nest(open: string, levels: number): string {
  const close = open === "[" ? "]" : "}"
  return `${open.repeat(levels)}${open === "[" ? "" : "1"}${close.repeat(levels)}`
}

type Change = { readonly kind: keyof typeof changes; readonly at: number; readonly which: number }

type Bend = (node: Tree, which: number) => Tree

const changes = {
  replace: (_node, which) => pick(oddValues, which),
  breakToken: (_node, which) => pick(noValues, which),
  drop: (node, which) => withMembers(node, which, () => []),
  double: (node, which) => withMembers(node, which, (member) => [member, member]),
  contradict: (node, which) => withMembers(node, which, (member) => [[member[0], pick(oddValues, which)], member]),
  rename: (node, which) => withMembers(node, which, ([name, tree]) => [[otherName(name, which), tree]]),
  pollute: (node, which) =>
    isObject(node) ? { members: [...node.members, [pick(prototypeNames, which), pollution]] } : node,
  add: (node, which) =>
    isObject(node) ? { members: [...node.members, [`x${which % 7}`, pick(oddValues, which)]] } : node,
  wrap: (node, which) => (which % 2 === 0 ? { items: [node] } : { members: [["value", node]] }),
  quote: (node) => JSON.stringify(textOf(node)),
} satisfies Readonly<Record<string, Bend>>

export const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom(...(Object.keys(changes) as (keyof typeof changes)[])),
  at: fc.nat(),
  which: fc.nat(),
})

export function bend(tree: Tree, { kind, at, which }: Change): Tree {
  const bend: Bend = changes[kind]
  return changedAt(tree, at % sizeOf(tree), (node) => bend(node, which))
}

type Member = Members["members"][number]

function isObject(node: Tree): node is Members {
  return typeof node !== "string" && "members" in node
}

function withMembers(node: Tree, which: number, change: (member: Member) => readonly Member[]): Tree {
  if (!isObject(node) || node.members.length === 0) return node
  const at = which % node.members.length
  return { members: node.members.flatMap((member, index) => (index === at ? change(member) : [member])) }
}

function otherName(name: string, which: number): string {
  const first = name.charAt(0)
  const others = [
    name.toUpperCase(),
    first.toUpperCase() + name.slice(1),
    `${name} `,
    `${name}\u0000`,
    `${name}\u017f`,
  ]
  return pick([...others, ...prototypeNames, "", name.slice(1)], which)
}

function pick<Value>(values: readonly Value[], which: number): Value {
  return values[which % values.length] as Value
}

/** A change of bytes: what is cut out at a place, and what is put there. */
export const splice = fc.record({
  kind: fc.constantFrom("splice", "cut", "twice", "batch", "mark"),
  at: fc.nat(),
  cut: fc.nat({ max: 3 }),
  put: fc.oneof(
    fc.constantFrom(
      "",
      "\0",
      '"',
      "\\",
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      " ",
      "\n",
      "1",
      "e",
      "\\u0000",
      "/*",
      "\ufeff",
    ),
    fc.constantFrom("\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"),
  ),
})

export type Splice = typeof splice extends fc.Arbitrary<infer Value> ? Value : never

export function spliced(bytes: Buffer, { kind, at, cut, put }: Splice): Buffer {
  const place = at % (bytes.length + 1)
  if (kind === "cut") return bytes.subarray(0, place)
  if (kind === "twice") return Buffer.concat([bytes, bytes])
  if (kind === "mark") return Buffer.concat([Buffer.from("\ufeff"), bytes])
  if (kind === "batch") {
    const items = Array.from({ length: at % 4 }, () => bytes.toString("latin1"))
    return Buffer.from(`[${items.join(",")}]`, "latin1")
  }
  return Buffer.concat([bytes.subarray(0, place), Buffer.from(put, "latin1"), bytes.subarray(place + cut)])
}
