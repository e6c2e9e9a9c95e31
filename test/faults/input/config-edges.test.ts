/** Configuration that nobody meant: what is no UTF-8, bombs of YAML, names of prototypes, numbers past every limit. */

import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { loadConfig, settings } from "../../../src/config.ts"
import { createLookup } from "../../../src/config/secrets.ts"
import { GatewayError } from "../../../src/errors.ts"
import { prototypeNames } from "./bending.ts"
import { naughtyStrings } from "./naughty.ts"

const folder = await mkdtemp(join(tmpdir(), "mcp-meta-config-edges-"))
after(() => rm(folder, { recursive: true, force: true }))

let written = 0

type Outcome = "taken" | "refused"

/** What becomes of a configuration file; whatever is thrown but a refusal fails the test. */
async function outcomeOf(content: string | Buffer, ending = "yaml"): Promise<Outcome> {
  const config = join(folder, `${written++}.${ending}`)
  await writeFile(config, content)
  return loading({ flags: { config } })
}

async function loading(options: Parameters<typeof loadConfig>[0]): Promise<Outcome> {
  try {
    await loadConfig({ env: {}, cwd: folder, ...options })
    return "taken"
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError, String(thrown))
    assert.equal(thrown.code, "invalid")
    assert.ok(thrown.message.length < 2_000, thrown.message.slice(0, 300))
    return "refused"
  }
}

/** Each line nine of the one before. */
function bomb(): string {
  const lines = Array.from({ length: 9 }, (_, at) => {
    const [before, name] = [`*${"abcdefghij"[at]}`, "abcdefghij"[at + 1]]
    return `${name}: &${name} [${Array.from({ length: 9 }, () => before).join(",")}]`
  })
  return ["a: &a [x]", ...lines, "allowedHosts: *j"].join("\n")
}

test("CFG-13 a configuration file that is a trap is refused at once", async () => {
  const traps: readonly (string | Buffer)[] = [
    bomb(),
    bomb().replaceAll(/^(\w): /gm, "allowedHosts: "),
    "allowedHosts: &a [*a]",
    "a: &a [*b]\nb: &b [*a]",
    'host: !!js/function "function () { return 1 }"',
    "host: !!binary aGk=",
    "<<: { __proto__: { polluted: 1 } }",
    "limits: { <<: { bodyBytes: 1024 } }",
    "host: *nobody",
    "[".repeat(100_000),
    `${"a: {".repeat(20_000)}${"}".repeat(20_000)}`,
    "? [a]\n: 1",
    "host: [1, {}]",
    "- host",
    "just text",
    "host: a\n---\nhost: b",
    Buffer.from([0x68, 0x6f, 0x73, 0x74, 0x3a, 0x20, 0xc3, 0x28]),
    Buffer.from("host: a\n", "utf16le"),
    ...prototypeNames.flatMap((name) => [`${name}: 1`, `${name}: { polluted: 1 }`, `limits: { ${name}: 1 }`]),
  ]
  const startMs = performance.now()
  for (const trap of traps) assert.equal(await outcomeOf(trap), "refused", String(trap).slice(0, 80))
  assert.equal(await outcomeOf('{"__proto__":{"polluted":1}}', "json"), "refused")
  assert.ok(performance.now() - startMs < 20_000)
  assert.equal("polluted" in {}, false)
})

test("a configuration file that is no plain file of a bearable size is refused", async () => {
  const huge = join(folder, "huge.yaml")
  await writeFile(huge, "")
  await truncate(huge, 2 ** 31)
  execFileSync("sh", ["-c", 'mkfifo "$0"', join(folder, "pipe.yaml")])
  for (const name of ["huge.yaml", "pipe.yaml", ".", "/dev/zero"])
    assert.equal(await loading({ flags: { config: join(folder, name) } }), "refused", name)
})

test("numbers past the limits of a setting are refused, by flag, by variable and in the file", async () => {
  const numeric = settings.filter(({ default: value }) => typeof value === "number")
  assert.ok(numeric.length > 20)
  const odd = [
    "-1",
    "1.5",
    "1e400",
    "NaN",
    "Infinity",
    "9007199254740993",
    "1e3",
    "0x10",
    "",
    " 1",
    "null",
    "1_000",
  ]
  for (const { key, variable } of numeric)
    for (const text of odd) {
      assert.equal(await loading({ flags: { [key]: text } }), "refused", `${key} ${text}`)
      // An empty variable is none.
      const isNone = text.trim() === ""
      assert.equal(
        await loading({ env: { [variable]: text } }),
        isNone ? "taken" : "refused",
        `${variable} ${text}`,
      )
    }
  for (const text of ["-1", "1.5", ".inf", ".nan", "1e400", '"1"', "[1]", "9007199254740993"])
    assert.equal(await outcomeOf(`limits:\n  queue: ${text}\n`), "refused", text)
})

test("any text as any setting is taken or refused", async () => {
  for (const [at, text] of naughtyStrings.entries()) {
    const { key, variable } = settings[at % settings.length] as (typeof settings)[number]
    await loading({ flags: { [key]: text } })
    if (!text.includes("\0")) await loading({ env: { [variable]: text } })
    await outcomeOf(`${JSON.stringify(text)}: ${JSON.stringify(text)}\n`)
    await outcomeOf(`host: ${text}\n`)
  }
})

test("a secret that is no UTF-8 is refused, not guessed", async () => {
  const data = join(folder, "data")
  await mkdir(join(data, "secrets"), { recursive: true })
  await writeFile(join(data, "secrets", "GARBLED"), Buffer.from([0x61, 0xc3, 0x28]), { mode: 0o600 })
  await writeFile(join(data, "secrets", "FINE"), "\u00e9\n", { mode: 0o600 })
  const lookup = createLookup(data, {})
  assert.throws(() => lookup("secret", "GARBLED"), { code: "invalid", message: /not UTF-8/ })
  assert.equal(lookup("secret", "FINE"), "\u00e9")
  for (const name of [...prototypeNames, "../admin.key", "a/b", "", "a\0b"])
    for (const source of ["env", "secret"] as const) assert.equal(lookup(source, name), undefined, name)
})
