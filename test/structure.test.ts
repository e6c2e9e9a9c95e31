/**
 * The shape of the source, held to its description: which folder may import which, how large a file may grow, which
 * names are no names, and that every operation has a test. docs/architecture.md tells the same in prose.
 */

import assert from "node:assert/strict"
import { readFileSync, globSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { test } from "node:test"
import { operations } from "../src/operations/index.ts"

const root = resolve(import.meta.dirname, "..")
const files = globSync("src/**/*.ts", { cwd: root })

/** What each layer may import besides itself. `raw-json` is how messages keep their bytes. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  "durable-file": [],
  "secret-file": ["errors", "durable-file"],
  failpoint: [],
  mcp: ["errors"],
  domain: ["errors", "mcp/message", "mcp/raw-json", "mcp/strict-json"],
  call: [
    "errors",
    "mcp/message",
    "mcp/raw-json",
    "mcp/asking",
    "mcp/cancellation",
    "mcp/exchange",
    "mcp/input-requests",
    "mcp/large-members",
    "mcp/client/relay",
    "mcp/related-task",
    "mcp/strict-json",
    "mcp/result-type",
    "mcp/task-state",
    "domain",
  ],
  operations: ["errors", "mcp/message", "mcp/raw-json", "mcp/strict-json", "domain"],
  stores: ["errors", "durable-file", "secret-file", "failpoint", "domain"],
  sinks: ["errors", "durable-file", "domain"],
  identity: ["errors", "durable-file", "secret-file", "domain"],
  fleet: ["errors", "durable-file", "mcp", "domain"],
  log: ["errors", "domain"],
  config: ["errors", "domain"],
  surfaces: ["errors", "durable-file", "mcp", "domain", "call", "operations"],
  gateway: [
    "errors",
    "durable-file",
    "failpoint",
    "log",
    "config",
    "mcp",
    "domain",
    "call",
    "operations",
    "surfaces",
    "fleet",
    "identity",
    "stores",
    "sinks",
  ],
  main: ["errors", "failpoint", "gateway", "config", "log", "surfaces"],
}

const drawers = /(^|\/)(utils?|helpers?|common|shared|misc|lib|types|manager|base|impl)(\.ts$|\/)/

type Import = { readonly from: string; readonly to: string }

function importsOf(file: string): readonly Import[] {
  const source = readFileSync(join(root, file), "utf8")
  const specifiers = [...source.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(
    ([, specifier]) => specifier ?? "",
  )
  return specifiers.map((specifier) => ({
    from: place(file),
    to: place(relative(root, join(root, dirname(file), specifier))),
  }))
}

/** `src/mcp/message.ts` -> `mcp/message`. */
function place(file: string): string {
  return file.replace(/^src\//, "").replace(/\.ts$/, "")
}

function layerOf(at: string): string {
  return at.split("/")[0] ?? at
}

/** The imports among these that cross a layer where none may. */
function violations(imports: readonly Import[]): readonly Import[] {
  return imports.filter(({ from, to }) => {
    if (layerOf(from) === layerOf(to)) return false
    return !(mayImport[layerOf(from)] ?? []).some((allowed) => to === allowed || to.startsWith(`${allowed}/`))
  })
}

test("every folder imports only what the layer table lets it", () => {
  const imports = files.flatMap(importsOf)
  assert.ok(imports.length > 200, `only ${imports.length} imports were found: the search for them is broken`)
  assert.deepEqual(violations(imports), [])
})

test("every file of the source stands in a layer of the table", () => {
  const unknown = files.map(place).filter((at) => !(layerOf(at) in mayImport))
  assert.deepEqual(unknown, [])
})

test("a planted violation is found", () => {
  assert.equal(violations([{ from: "domain/service", to: "fleet/registry" }]).length, 1)
  assert.equal(violations([{ from: "call/route", to: "mcp/server/http-server" }]).length, 1)
  assert.equal(violations([{ from: "mcp/outline", to: "domain/principal" }]).length, 1)
})

test("no file is longer than 300 lines and half of them have at most 90", () => {
  const lines = files
    .map((file) => readFileSync(join(root, file), "utf8").split("\n").length)
    .sort((a, b) => a - b)
  assert.ok((lines.at(-1) ?? 0) <= 300, `the longest has ${lines.at(-1)}`)
  assert.ok(
    (lines[Math.floor(lines.length / 2)] ?? 0) <= 90,
    `the median is ${lines[Math.floor(lines.length / 2)]}`,
  )
})

test("no file or folder is a drawer", () => {
  assert.deepEqual(
    files.filter((file) => drawers.test(file)),
    [],
  )
})

test("every file begins with its purpose", () => {
  const silent = files.filter((file) => !readFileSync(join(root, file), "utf8").startsWith("/**"))
  assert.deepEqual(silent, [])
})

test("domain and call read no clock and draw no lots", () => {
  const impure = files
    .filter((file) => /^src\/(domain|call)\//.test(file))
    .filter((file) =>
      /Date\.now|Math\.random|randomUUID|randomBytes|process\.env/.test(readFileSync(join(root, file), "utf8")),
    )
  assert.deepEqual(impure, [])
})

test("only the configuration reads the environment", () => {
  const readers = files
    .filter((file) => /process\.env/.test(readFileSync(join(root, file), "utf8")))
    .filter((file) => !file.startsWith("src/config"))
  assert.deepEqual(readers, [])
})

/** Where a text becomes a regular expression, each looked at: docs/decisions/0014-patterns.md. */
const patternMakers = [
  "domain/audit/checkpoint", // our own words
  "domain/audit/redaction/redact-assigned", // configured names, each character escaped
  "domain/audit/redaction/redact-forms", // our own words
  "domain/audit/redaction/redact-spans", // our own characters
  "domain/quota/quota-words", // our own words
  "domain/services/service-shown", // our own words
  "fleet/lists/plain-schema", // compiled to see whether it is one, and never run
  "identity/api-key", // our own words
]

test("RED-01 no pattern from outside is run: every place that makes one of a text is known", () => {
  const holding = (text: RegExp): readonly string[] =>
    files.filter((file) => text.test(readFileSync(join(root, file), "utf8"))).map(place)
  assert.deepEqual(holding(/\bRegExp\s*\(/).toSorted(), patternMakers)
  assert.deepEqual(
    holding(/validators\/ajv|getValidator/),
    ["fleet/lists/schema-check"],
    "who runs schemas runs patterns",
  )
})

test("every operation has a test that performs it", () => {
  const tests = globSync("test/operations/*.test.ts", { cwd: root })
    .map((file) => readFileSync(join(root, file), "utf8"))
    .join("\n")
  assert.deepEqual(
    operations.map(({ name }) => name).filter((name) => !tests.includes(name)),
    [],
  )
})
