/** What changes would come to in the files, held to what writing them comes to. */

import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { place } from "./folder-kit.ts"

test("a preview writes nothing, and is what writing comes to", async (t) => {
  const { folder, drop, open } = place(t)
  drop("alone.json", '{ "command": "x" }')
  drop("gone.json", '{ "command": "x" }')
  drop("many.json", { mcpServers: { one: { command: "1" }, two: { command: "2" }, three: { command: "3" } } })
  const files = await open()
  const changes = [
    { name: "alone", after: { command: "y" } },
    { name: "new", after: { url: "http://n" } },
    { name: "gone" },
    { name: "one", after: { command: "other" } },
    { name: "three" },
    { name: "never-was" },
  ]
  const texts = (): Record<string, string> =>
    Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")]))
  const before = texts()
  const seen = await files.preview(changes)
  assert.deepEqual(texts(), before)
  for (const { name, after } of changes) {
    if (after) await files.write(name, after, { ifNew: false })
    else if (name !== "never-was") await files.remove(name)
  }
  const after = texts()
  assert.deepEqual(
    seen.map(({ path, ...texts }) => ({ file: path.replace(/^.*\//, ""), ...texts })),
    ["alone.json", "new.json", "gone.json", "many.json"].map((file) => ({
      file,
      before: before[file],
      after: after[file],
    })),
  )
})

test("a preview of what could not be written is refused as writing it is", async (t) => {
  const { drop, open } = place(t)
  drop("taken.json", "broken")
  const files = await open()
  await assert.rejects(files.preview([{ name: "taken", after: { command: "x" } }]), { code: "conflict" })
  await assert.rejects(files.preview([{ name: "b", after: { comand: "x" } }]), { code: "invalid" })
})
