/** SECURITY.md promises nothing without a test: each row names tests by their ids, and the files in which they stand. */

import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"

const root = join(import.meta.dirname, "..")
const page = readFileSync(join(root, "SECURITY.md"), "utf8")
const chapter = /## What the gateway promises\n(.*?)\n## /s.exec(page)?.[1] ?? ""
const rows = chapter
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .slice(1)
  .map((line) => line.split("|").map((cell) => cell.trim()))

test("there are promises, each with a test and where it stands", () => {
  assert.ok(rows.length > 30)
  for (const [, promise = "", ids = "", files = ""] of rows) {
    assert.match(ids, /^[A-Z]+-\d{2}( [A-Z]+-\d{2})*$/, promise)
    assert.match(files, /^`test\/[^`]+`( `test\/[^`]+`)*$/, promise)
  }
})

for (const [, promise = "", ids = "", files = ""] of rows) {
  test(`the tests are there: ${promise}`, () => {
    const texts = files.split(" ").map((file) => textOf(file.replaceAll("`", "")))
    for (const id of ids.split(" "))
      assert.ok(
        texts.some((text) => text.includes(id)),
        id,
      )
    for (const text of texts) assert.ok(ids.split(" ").some((id) => text.includes(id)))
  })
}

function textOf(file: string): string {
  assert.ok(existsSync(join(root, file)), file)
  return readFileSync(join(root, file), "utf8")
}
