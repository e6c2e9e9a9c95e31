import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import type { ServicesChange } from "../../src/domain/service.ts"
import { openServersFolder, type ServersFolder, type ServersFolderOptions } from "../../src/fleet/servers-d.ts"

type Place = {
  readonly folder: string
  /** Beside the folder. */
  readonly outside: string
  drop(file: string, content: unknown): void
  open(options?: ServersFolderOptions): Promise<ServersFolder>
}

function place(t: TestContext): Place {
  const root = mkdtempSync(join(tmpdir(), "mcp-meta-"))
  const folder = join(root, "servers.d")
  mkdirSync(folder, { mode: 0o700 })
  t.after(() => rmSync(root, { recursive: true, force: true }))
  return {
    folder,
    outside: root,
    drop: (file, content) =>
      writeFileSync(join(folder, file), typeof content === "string" ? content : JSON.stringify(content), {
        mode: 0o600,
      }),
    open: async (options) => {
      const opened = await openServersFolder(folder, options)
      t.after(() => opened.close())
      return opened
    },
  }
}

const names = (files: ServersFolder): string[] => files.list().map(({ definition }) => definition.name)
const problems = (files: ServersFolder): string[] =>
  files.problems().map(({ file, message }) => `${file}: ${message}`)
const shown = ({ added, changed, removed }: ServicesChange): unknown => ({
  added: added.map(({ name }) => name),
  changed: changed.map(({ name }) => name),
  removed,
})

function listen(files: ServersFolder): unknown[] {
  const heard: unknown[] = []
  files.onChange((change) => heard.push(shown(change)))
  return heard
}

const nextChange = (files: ServersFolder): Promise<unknown> =>
  new Promise((resolve) => {
    const stop = files.onChange((change) => {
      stop()
      resolve(shown(change))
    })
  })

test("a file dropped in, changed and removed is heard of without being asked for", async (t) => {
  const { folder, drop, open } = place(t)
  const files = await open()
  for (const [act, change] of [
    [() => drop("a.json", { command: "x" }), { added: ["a"], changed: [], removed: [] }],
    [() => drop("a.json", { command: "y" }), { added: [], changed: ["a"], removed: [] }],
    [() => unlinkSync(join(folder, "a.json")), { added: [], changed: [], removed: ["a"] }],
  ] as const) {
    const heard = nextChange(files)
    act()
    assert.deepEqual(await heard, change)
  }
})

test("what one look finds is one change", async (t) => {
  const { folder, drop, open } = place(t)
  for (let i = 0; i < 100; i++) drop(`s${i}.json`, { command: "x" })
  const files = await open()
  const heard = listen(files)
  for (let i = 0; i < 50; i++) drop(`s${i}.json`, { command: "y" })
  for (let i = 50; i < 100; i++) unlinkSync(join(folder, `s${i}.json`))
  drop("new.json", { command: "x" })
  await files.rescan()
  await files.rescan()
  assert.equal(heard.length, 1)
  const { added, changed, removed } = heard[0] as { added: string[]; changed: string[]; removed: string[] }
  assert.deepEqual([added, changed.length, removed.length], [["new"], 50, 50])
})

test("another order of keys and other spaces are no change", async (t) => {
  const { drop, open } = place(t)
  drop("a.json", { command: "x", env: { A: "1", B: "2" } })
  const files = await open()
  const heard = listen(files)
  drop("a.json", '{ "env": {"B": "2",\r\n "A": "1"}, "command": "x" }')
  await files.rescan()
  assert.deepEqual(heard, [])
  drop("a.json", "\ufeff" + JSON.stringify({ command: "x", env: { A: "1", B: "3" } }))
  await files.rescan()
  assert.deepEqual(heard, [{ added: [], changed: ["a"], removed: [] }])
})

test("a broken file keeps its last good version and says line and column but nothing of the text", async (t) => {
  const { drop, open } = place(t)
  drop("a.json", { command: "x" })
  const files = await open()
  const heard = listen(files)
  drop("a.json", '{\n  "command": "y",\n  "env": {"TOKEN": hush}\n}')
  drop("b.json", { command: "x" })
  await files.rescan()
  assert.deepEqual(names(files), ["a", "b"])
  assert.deepEqual(problems(files), ["a.json: Not valid JSON at 3:20: a value was expected."])
  const since = files.problems()[0]?.sinceMs
  await files.rescan()
  assert.equal(files.problems()[0]?.sinceMs, since)
  drop("a.json", { command: "x" })
  await files.rescan()
  assert.deepEqual([problems(files), heard], [[], [{ added: ["b"], changed: [], removed: [] }]])
})

test("a file being written is never half a service", async (t) => {
  const { drop, open } = place(t)
  const full = JSON.stringify({ command: "x", args: ["a"], env: { A: "1" } })
  drop("a.json", full)
  const files = await open()
  const heard = listen(files)
  for (let end = 0; end <= full.length; end++) {
    drop("a.json", full.slice(0, end))
    await files.rescan()
    assert.deepEqual(names(files), ["a"])
  }
  assert.deepEqual([heard, problems(files)], [[], []])
})

test("every mistake in JSON has its place", async (t) => {
  const { drop, open } = place(t)
  const files = await open()
  const texts: Record<string, string> = {
    "": "1:1: a value was expected, and the file ends there",
    '{"a":1,}': "1:8: a name in double quotes",
    '{"a":1 "b"}': '1:8: "," or "}"',
    '{\n"a" 1}': '2:5: ":"',
    "[1 2]": '1:4: "," or "]"',
    '{"a":"x\n"}': "1:6: this text is not closed",
    '{"a":1}x': "1:8: nothing more",
    '{"a":1,"\\u0061":2}': "1:8: this name stands here twice",
    '{"__proto__":{}}': "1:2: this name stands here twice, or may not",
    "{'a':1}": "1:2: a name in double quotes",
    [`${'{"a":'.repeat(100_000 / 5)}`]: "nested deeper than 64",
    [`{"a":"${"x".repeat(200_000)}`]: "1:6: this text is not closed",
  }
  for (const [text, problem] of Object.entries(texts)) {
    drop("a.json", text)
    await files.rescan()
    assert.ok(problems(files)[0]?.includes(problem), `${text.slice(0, 30)} -> ${problems(files)[0]}`)
  }
})

test("files that are nobody's service are not looked at", async (t) => {
  const { folder, drop, open } = place(t)
  for (const file of [".a.json", "a.json.tmp", "a.json~", "~a.json", "a.txt", ".a.json.swp", "README.md"])
    drop(file, "broken")
  mkdirSync(join(folder, "sub"))
  const files = await open()
  assert.deepEqual([names(files), problems(files)], [[], []])
})

test("links lead to files of this folder or nowhere", async (t) => {
  const { folder, outside, drop, open } = place(t)
  writeFileSync(join(outside, "secret.json"), JSON.stringify({ command: "x" }), { mode: 0o600 })
  mkdirSync(join(folder, "..2026"))
  drop("..2026/inside.json", { command: "x" })
  symlinkSync("..2026", join(folder, "..data"))
  symlinkSync("..data/inside.json", join(folder, "inside.json"))
  symlinkSync("/etc/passwd", join(folder, "passwd.json"))
  symlinkSync("../secret.json", join(folder, "outside.json"))
  symlinkSync("loop.json", join(folder, "loop.json"))
  symlinkSync("nothing", join(folder, "dangling.json"))
  symlinkSync("..data", join(folder, "dir.json"))
  const files = await open()
  assert.deepEqual(names(files), ["inside"])
  assert.deepEqual(problems(files), [
    "dangling.json: It is a link to nothing; remove it or put back what it leads to.",
    "dir.json: It is not a regular file; remove it.",
    "loop.json: It is a link to itself; remove it.",
    "outside.json: It is a link to outside of this folder; put the file itself here.",
    "passwd.json: It is a link to outside of this folder; put the file itself here.",
  ])
})

test("pipes, sockets, folders, giants and other encodings are refused without waiting", async (t) => {
  const { folder, drop, open } = place(t)
  execFileSync("mkfifo", [join(folder, "pipe.json")])
  const server = createServer().listen(join(folder, "socket.json"))
  t.after(() => server.close())
  mkdirSync(join(folder, "dir.json"))
  drop("huge.json", "{}")
  truncateSync(join(folder, "huge.json"), 2 ** 31)
  writeFileSync(join(folder, "utf16.json"), Buffer.from("\ufeff{}", "utf16le"), { mode: 0o600 })
  drop("good.json", { command: "x" })
  const files = await open()
  assert.deepEqual(names(files), ["good"])
  assert.deepEqual(problems(files), [
    "dir.json: It is not a regular file; remove it.",
    "huge.json: It is larger than 256 KiB; split it into several files.",
    "pipe.json: It is not a regular file; remove it.",
    "socket.json: It is not a regular file; remove it.",
    "utf16.json: It is not UTF-8 text; save it as UTF-8.",
  ])
})

test("what everyone may write starts nothing", async (t) => {
  const { folder, drop, open } = place(t)
  drop("a.json", { command: "x" })
  chmodSync(join(folder, "a.json"), 0o666)
  const files = await open()
  assert.deepEqual(names(files), [])
  assert.match(problems(files)[0] ?? "", /^a\.json: Everyone on this machine may write it.*chmod o-w/)
  chmodSync(join(folder, "a.json"), 0o644)
  chmodSync(folder, 0o777)
  await files.rescan()
  assert.deepEqual(names(files), [])
  assert.match(problems(files)[0] ?? "", /^\.: Everyone on this machine may write the folder/)
})

test("a name in two files belongs to the one that had it, else to the first", async (t) => {
  const { folder, drop, open } = place(t)
  drop("b.json", { name: "files", command: "b" })
  drop("c.json", { name: "files", command: "c" })
  const files = await open()
  const owner = (): unknown => files.list().map(({ file }) => file)
  assert.deepEqual(owner(), ["b.json"])
  assert.deepEqual(problems(files), [
    "c.json: A service named files is already in b.json; rename or remove one of them.",
  ])
  drop("a.json", { name: "files", command: "a" })
  await files.rescan()
  assert.deepEqual(owner(), ["b.json"])
  const heard = listen(files)
  unlinkSync(join(folder, "b.json"))
  await files.rescan()
  assert.deepEqual([owner(), heard], [["a.json"], [{ added: [], changed: ["files"], removed: [] }]])
})

test("a folder that is missing is made, and one that vanishes takes no service with it", async (t) => {
  const { folder, drop, open } = place(t)
  rmSync(folder, { recursive: true })
  const files = await open()
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  drop("a.json", { command: "x" })
  await files.rescan()
  const heard = listen(files)
  renameSync(folder, `${folder}.old`)
  await files.rescan()
  assert.deepEqual([names(files), heard], [["a"], []])
  assert.match(problems(files)[0] ?? "", /^\.: The folder of services is gone/)
  await assert.rejects(files.write("b", { command: "x" }, { ifNew: true }), { code: "conflict", message: /gone/ })
  renameSync(`${folder}.old`, folder)
  const change = nextChange(files)
  drop("b.json", { command: "x" })
  assert.deepEqual(await change, { added: ["b"], changed: [], removed: [] })
  assert.deepEqual(problems(files), [])
})

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
