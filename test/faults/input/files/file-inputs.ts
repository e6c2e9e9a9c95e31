/** Files of services, whole and bent, and with a naughty string in each field. None leads to a program or a machine. */

import * as fc from "fast-check"
import { bend, change, prototypeNames, splice, spliced } from "../bending.ts"
import { isElsewhere, naughtyStrings } from "../naughty.ts"
import { textOf, treeOf } from "../tree.ts"

const url = "unix:///nonexistent/input.sock:/mcp"
const off = { enabled: false }
const program = {
  command: "/nonexistent/input",
  args: ["-a"],
  env: { A: "1", B: "${env:HOME}" },
  cwd: "/nonexistent",
}

const whole: readonly object[] = [
  { ...off, ...program },
  {
    ...off,
    url,
    headers: { Authorization: "Bearer ${secret:T}" },
    timeoutMs: 1_000,
    maxTimeMs: 2_000,
    concurrency: 3,
  },
  {
    ...off,
    endpoints: [
      { url, weight: 1, region: "eu" },
      { url, weight: 2 },
    ],
    balance: "weighted",
    region: "eu",
  },
  {
    ...off,
    url,
    tools: {
      allow: ["*"],
      deny: ["x*"],
      rename: { a: "b" },
      describe: { a: "c" },
      cost: { "*": { perCallUsd: 1 } },
    },
  },
  {
    ...off,
    url,
    title: "t",
    description: "d",
    tags: ["a"],
    owner: "o",
    isolation: "principal",
    prefix: false,
    health: { intervalMs: 1_000, timeoutMs: 500 },
  },
  { mcpServers: { one: { ...off, ...program }, two: { ...off, url, type: "http" } } },
]

const bentFile = fc
  .tuple(
    fc.constantFrom(...whole),
    fc.array(change, { maxLength: 3 }),
    fc.oneof(fc.constant([]), fc.array(splice, { maxLength: 2 })),
  )
  .map(([file, changes, splices]): Buffer => {
    const tree = changes.reduce(bend, treeOf(file))
    return splices.reduce((bytes: Buffer, each) => spliced(bytes, each), Buffer.from(textOf(tree)))
  })

export function bentFiles(seed: number, count: number): readonly Buffer[] {
  return fc.sample(bentFile, { seed, numRuns: count })
}

type Place = (text: string) => object

const places: readonly Place[] = [
  (name) => ({ name, url }),
  (text) => ({ url, title: text, description: text, owner: text, region: text }),
  (tag) => ({ url, tags: [tag] }),
  (command) => ({ command }),
  (arg) => ({ ...program, args: [arg] }),
  (text) => ({ ...program, env: { [text]: text } }),
  (text) => ({ ...program, env: { A: text } }),
  (cwd) => ({ ...program, cwd }),
  (text) => ({ url: isElsewhere(text) ? url : text }),
  (text) => ({ url, headers: { [text]: "a", A: text } }),
  (type) => ({ url, type }),
  (text) => ({ url, tools: { allow: [text], rename: { [text]: text }, describe: { [text]: text } } }),
  (text) => ({ url, tools: { cost: { [text]: { perCallUsd: 1 } } } }),
  (text) => ({ [text]: text, url }),
  (text) => ({ mcpServers: { [text]: { url } } }),
]

/** @param share as for the strings of other doors */
export function naughtyFiles(share: number): readonly Buffer[] {
  return [...prototypeNames, ...naughtyStrings].flatMap((text, at) =>
    places
      .filter((_place, index) => (at + index) % share === 0)
      .map((place) => Buffer.from(JSON.stringify({ ...off, ...place(text) }))),
  )
}
