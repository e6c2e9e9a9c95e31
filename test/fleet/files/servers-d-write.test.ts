import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { listen, names, place } from "./folder-kit.ts"

test("a service written is a private file, live at once, and nothing else is left behind", async (t) => {
  const { folder, open } = place(t)
  const files = await open()
  const heard = listen(files)
  const source = await files.write(
    "web",
    { url: "https://w.example/mcp", headers: { A: "${secret:a}" } },
    { ifNew: true },
  )
  assert.deepEqual(
    [source.file, source.definition.name, heard],
    ["web.json", "web", [{ added: ["web"], changed: [], removed: [] }]],
  )
  assert.equal(statSync(join(folder, "web.json")).mode & 0o777, 0o600)
  assert.equal(
    readFileSync(join(folder, "web.json"), "utf8"),
    '{\n  "url": "https://w.example/mcp",\n  "headers": {\n    "A": "${secret:a}"\n  }\n}\n',
  )
  assert.deepEqual(readdirSync(folder), ["web.json"])
  await files.write("web", { ...source.raw, enabled: false }, { ifNew: false })
  assert.equal(files.list()[0]?.definition.enabled, false)
  await files.remove("web")
  assert.deepEqual([names(files), readdirSync(folder), heard.length], [[], [], 3])
})

test("what may not be written leaves the folder as it was", async (t) => {
  const { folder, drop, open } = place(t)
  drop("a.json", { command: "x" })
  drop("taken.json", "broken")
  drop("real.json", { command: "x" })
  symlinkSync("real.json", join(folder, "link.json"))
  const files = await open()
  const before = readdirSync(folder)
  const write = (name: string, raw: Record<string, unknown>, ifNew = true): Promise<unknown> =>
    files.write(name, raw, { ifNew })
  await assert.rejects(write("a", { command: "y" }), {
    code: "conflict",
    message: /already registered; use update_service/,
  })
  await assert.rejects(write("taken", { command: "y" }), { code: "conflict", message: /taken\.json is there/ })
  await assert.rejects(write("link", { command: "y" }, false), { code: "conflict", message: /is a link/ })
  await assert.rejects(files.remove("link"), { code: "conflict" })
  await assert.rejects(files.remove("gone"), { code: "not_found" })
  await assert.rejects(write("../x", { command: "y" }), { code: "invalid", message: /proper name/ })
  await assert.rejects(write("b", { comand: "y" }), { code: "invalid", message: /did you mean/ })
  await assert.rejects(write("b", { name: "c", command: "y" }), { code: "invalid", message: /keeps its name/ })
  await assert.rejects(write("b", { mcpServers: {} }), { code: "invalid" })
  await assert.rejects(write("b", { command: "y", args: Array.from({ length: 20 }, () => "z".repeat(20_000)) }), {
    code: "too_large",
  })
  assert.deepEqual(readdirSync(folder), before)
  assert.deepEqual(names(files), ["a", "link", "real"])
})

test("a service of a file of many is edited there, and the others keep what they say", async (t) => {
  const { folder, drop, open } = place(t)
  const other = { command: "y", autoApprove: ["z"] }
  drop("claude.json", { theme: "dark", mcpServers: { "My Files": { name: "files", command: "x" }, other } })
  const files = await open()
  const heard = listen(files)
  await files.write("files", { command: "z" }, { ifNew: false })
  const read = (): unknown => JSON.parse(readFileSync(join(folder, "claude.json"), "utf8"))
  assert.deepEqual(read(), { theme: "dark", mcpServers: { "My Files": { name: "files", command: "z" }, other } })
  await files.remove("files")
  assert.deepEqual(read(), { theme: "dark", mcpServers: { other } })
  assert.deepEqual(heard, [
    { added: [], changed: ["files"], removed: [] },
    { added: [], changed: [], removed: ["files"] },
  ])
  drop("claude.json", "{")
  await assert.rejects(files.write("other", { command: "z" }, { ifNew: false }), {
    code: "conflict",
    message: /correct it first/,
  })
})

test("a service named by its field stays in its file", async (t) => {
  const { folder, drop, open } = place(t)
  drop("a.json", { name: "files", command: "x" })
  const files = await open()
  await files.write("files", { command: "y" }, { ifNew: false })
  assert.equal(existsSync(join(folder, "files.json")), false)
  assert.deepEqual(JSON.parse(readFileSync(join(folder, "a.json"), "utf8")), { name: "files", command: "y" })
})

test("many writers at once each find their service written", async (t) => {
  const { open } = place(t)
  const files = await open()
  const all = Array.from({ length: 20 }, (_, index) => `s${String(index).padStart(2, "0")}`)
  await Promise.all(all.map((name) => files.write(name, { command: "x" }, { ifNew: true })))
  const twice = await Promise.allSettled([1, 2].map(() => files.write("once", { command: "x" }, { ifNew: true })))
  assert.deepEqual(names(files), ["once", ...all])
  assert.deepEqual(
    twice.map(({ status }) => status),
    ["fulfilled", "rejected"],
  )
})

test("a read-only folder is only read", async (t) => {
  const { drop, open } = place(t)
  drop("a.json", { command: "x" })
  const files = await open({ readonly: true })
  await assert.rejects(files.write("b", { command: "x" }, { ifNew: true }), {
    code: "conflict",
    message: /files alone/,
  })
  await assert.rejects(files.remove("a"), { code: "conflict" })
  assert.deepEqual(names(files), ["a"])
})

test("what somebody wrote since it was last read is not written over", async (t) => {
  const { drop, open, folder } = place(t)
  drop("a.json", { command: "x" })
  const files = await open()
  const ifRaw = files.list()[0]?.raw ?? {}
  drop("a.json", { command: "by hand" })
  await assert.rejects(files.write("a", { command: "y" }, { ifNew: false, ifRaw }), { code: "conflict" })
  await assert.rejects(files.remove("a", { ifRaw }), { code: "conflict", message: /changed meanwhile/ })
  assert.match(readFileSync(join(folder, "a.json"), "utf8"), /by hand/)
  await files.write("a", { command: "y" }, { ifNew: false, ifRaw: { name: "a", command: "by hand" } })
  await files.remove("a", { ifRaw: { command: "y" } })
  await assert.rejects(files.write("a", { command: "z" }, { ifNew: false, ifRaw: { command: "y" } }), {
    code: "conflict",
  })
})
