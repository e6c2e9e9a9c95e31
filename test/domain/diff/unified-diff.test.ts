/** Differences of texts, held to what `git apply` makes of them. */

import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { diffLines, linesOf } from "../../../src/domain/diff/line-diff.ts"
import { unifiedDiff, type FileDifference } from "../../../src/domain/diff/unified-diff.ts"

/** What stands in the folder when the patch of these differences was applied by git. */
function applied(t: TestContext, files: readonly FileDifference[]): Readonly<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), "mcp-meta-diff-"))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, "servers.d"))
  execFileSync("git", ["init", "-q"], { cwd: folder })
  for (const { path, before } of files) if (before !== undefined) writeFileSync(join(folder, path), before)
  execFileSync("git", ["apply", "--whitespace=nowarn", "-"], { cwd: folder, input: unifiedDiff(files) })
  const names = readdirSync(join(folder, "servers.d")).toSorted()
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, "servers.d", name), "utf8")]))
}

test("git applies what was made of new, changed and removed files, odd names and missing line ends among them", (t) => {
  const lines = Array.from({ length: 40 }, (_none, line) => `line ${line}\n`)
  const changed = lines.with(0, "first\n").with(5, "new\nnewer\n").toSpliced(9, 1).with(38, "no end")
  const files = [
    { path: "servers.d/new.json", after: "{\n}\n" },
    { path: "servers.d/open.json", after: "{}" },
    { path: "servers.d/gone.json", before: "{\n}\n" },
    { path: "servers.d/long.json", before: lines.join(""), after: changed.join("") },
    { path: 'servers.d/größer "so" .json', before: "1", after: "1\n" },
    { path: "servers.d/same.json", before: "{}\n", after: "{}\n" },
  ]
  assert.deepEqual(applied(t, files), {
    "new.json": "{\n}\n",
    "open.json": "{}",
    "long.json": changed.join(""),
    'größer "so" .json': "1\n",
    "same.json": "{}\n",
  })
})

test("a difference shows three lines around it, and neighbours in one hunk", () => {
  const before = Array.from({ length: 20 }, (_none, line) => `${line}\n`)
  const patch = unifiedDiff([
    { path: "a", before: before.join(""), after: before.with(4, "x\n").with(9, "y\n").join("") },
  ])
  assert.deepEqual(
    patch.split("\n").filter((line) => /^[-+@]/.test(line)),
    ["--- a/a", "+++ b/a", "@@ -2,12 +2,12 @@", "-4", "+x", "-9", "+y"],
  )
})

test("an edit script leads from any text to any other, and is as short as it can be", () => {
  let seed = 7
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
  const text = (): readonly string[] => Array.from({ length: random(30) }, () => `${random(4)}\n`)
  for (let round = 0; round < 300; round += 1) {
    const [before, after] = [text(), text()]
    const edits = diffLines(before, after)
    const side = (without: string): readonly string[] =>
      edits.filter(({ kind }) => kind !== without).map(({ line }) => line)
    assert.deepEqual(side("new"), before)
    assert.deepEqual(side("gone"), after)
    assert.equal(edits.filter(({ kind }) => kind === "same").length, longestCommon(before, after))
  }
})

function longestCommon(before: readonly string[], after: readonly string[]): number {
  let row = Array.from({ length: after.length + 1 }, () => 0)
  for (const line of before) {
    const next = [0]
    after.forEach((other, at) => {
      next.push(line === other ? (row[at] ?? 0) + 1 : Math.max(row[at + 1] ?? 0, next[at] ?? 0))
    })
    row = next
  }
  return row.at(-1) ?? 0
}

test("texts that have little in common are told apart in bounded time", () => {
  const many = (word: string): string =>
    Array.from({ length: 60_000 }, (_none, line) => `${word}${line}\n`).join("")
  const startedMs = performance.now()
  assert.equal(diffLines(linesOf(many("a")), linesOf(many("b"))).length, 120_000)
  assert.ok(performance.now() - startedMs < 10_000)
})
