/** What we are made of, held to a list: no package comes in, and nothing goes out, without a line that changes here. */

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { root } from "../support/process.ts"
import { isBad, locked, lockfileVersion, type KnownBad } from "./lock-file.ts"

const published = locked.filter(({ dev, optional }) => !dev && !optional)
const mostPublished = 50
/** What the parts of the published package may be licensed under. */
const licences = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0", "ISC", "MIT"]
/** Of what only the tests use, none that would reach further. */
const viral = /\b(A|L)?GPL/

const { date, packages: knownBad } = JSON.parse(
  readFileSync(join(import.meta.dirname, "known-bad.json"), "utf8"),
) as { readonly date: string; readonly packages: readonly KnownBad[] }

test("SUP-01 every package is locked by SHA-512, and comes from one registry", () => {
  assert.equal(lockfileVersion, 3)
  assert.ok(locked.length > 100)
  for (const { name, integrity = "", link } of locked) {
    assert.match(integrity, /^sha512-[A-Za-z0-9+/]{86}==$/, name)
    assert.equal(link, undefined, name)
  }
  const origins = new Set(
    locked.flatMap(({ resolved }) => (resolved === undefined ? [] : [new URL(resolved).origin])),
  )
  assert.ok(origins.size <= 1, [...origins].join(" "))
})

test("SUP-02 no package runs anything when it is installed, and which would is known", () => {
  assert.match(readFileSync(join(root, ".npmrc"), "utf8"), /^ignore-scripts=true$/m)
  const running = published.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name)
  // argon2 would look for a build of its own, and has one within; the other counts installations.
  assert.deepEqual(running.toSorted(), ["@scarf/scarf", "argon2"])
})

test("SUP-03 what is published has few parts, under licences that ask for little", () => {
  assert.ok(published.length <= mostPublished, `${published.length} packages`)
  assert.deepEqual(
    published
      .filter(({ license = "" }) => !licences.includes(license))
      .map(({ name, license }) => `${name}: ${license}`),
    [],
  )
  const reaching = locked.filter(({ license = "" }) => viral.test(license) && !license.includes(" OR "))
  assert.deepEqual(reaching.map(({ name }) => name), []) // oxfmt-ignore
})

test("SUP-04 no version is among those known to be bad", (t) => {
  t.diagnostic(`${knownBad.length} known to be bad on ${date}, compared with ${locked.length}`)
  const found = locked.flatMap((one) =>
    knownBad.filter((bad) => isBad(one, bad)).map(({ why }) => `${one.name}@${one.version}: ${why}`),
  )
  assert.deepEqual(found, [])
})

test("SUP-04 a version that is known to be bad is found", () => {
  const bad = { name: "a", below: "1.10.2", exactly: ["2.0.1"], why: "a test" }
  const found = ["0.9.9", "1.2.0", "1.10.1", "1.10.2", "1.11.0", "2.0.1", "2.0.10"].filter((version) =>
    isBad({ name: "a", version }, bad),
  )
  assert.deepEqual(found, ["0.9.9", "1.2.0", "1.10.1", "2.0.1"])
})

test("SUP-06 the bill of materials has every part of what is published, with its version, hash and licence", () => {
  const { stdout, status } = spawnSync(process.execPath, [join(root, "scripts/sbom.ts")], { encoding: "utf8" })
  assert.equal(status, 0)
  const { components } = JSON.parse(stdout) as { readonly components: readonly Component[] }
  const required = components.filter(({ scope }) => scope === "required")
  assert.deepEqual(
    required
      .map(({ name, version, hashes: [hash] }) => `${name}@${version} ${hash?.alg} ${hash?.content}`)
      .toSorted(),
    published
      .map(({ name, version, integrity = "" }) => {
        const content = Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex")
        return `${name}@${version} SHA-512 ${content}`
      })
      .toSorted(),
  )
  for (const { name, licenses } of components) assert.equal(licenses.length, 1, name)
})

type Component = {
  readonly name: string
  readonly version: string
  readonly scope: "required" | "optional"
  readonly hashes: readonly { readonly alg: string; readonly content: string }[]
  readonly licenses: readonly { readonly expression: string }[]
}

test("SUP-07 what is published is what was built and what explains it, and nothing else", () => {
  const packed = spawnSync("npm", ["pack", "--dry-run", "--ignore-scripts", "--json"], {
    cwd: root,
    encoding: "utf8",
  })
  const [{ files }] = JSON.parse(packed.stdout) as [{ readonly files: readonly { readonly path: string }[] }]
  const others = files
    .map(({ path }) => path)
    .filter((path) => !/^dist\/[\w/.-]+\.(js|d\.ts)$/.test(path))
    .filter((path) => !/^servers\.d\/[\w-]+\.json\.example$/.test(path))
  assert.deepEqual(others.toSorted(), [
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "bin/mcp-meta.mjs",
    "package.json",
    "servers.d/README.md",
  ])
  const build =
    readFileSync(join(root, "tsconfig.json"), "utf8") + readFileSync(join(root, "tsconfig.build.json"), "utf8")
  assert.doesNotMatch(build, /sourceMap|declarationMap|inlineSources/i)
})
