import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import {
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { test } from "node:test"
import { listen, names, nextChange, place, problems } from "./folder-kit.ts"

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

test("CFG-01 a broken file keeps its last good version and says line and column but nothing of the text", async (t) => {
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

test("CFG-02 a file being written is never half a service", async (t) => {
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
    ['{"a":'.repeat(20_000)]: "nested deeper than 64",
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

test("CFG-07 links lead to files of this folder or nowhere", async (t) => {
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

test("CFG-09 pipes, sockets, folders, giants and other encodings are refused without waiting", async (t) => {
  const { folder, drop, open } = place(t)
  execFileSync("sh", ["-c", 'mkfifo "$0"', join(folder, "pipe.json")])
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

test("CFG-10 what everyone may write starts nothing", async (t) => {
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

test("problems that come and go are told", async (t) => {
  const { folder, open } = place(t)
  const files = await open()
  let told = 0
  files.onProblems(() => (told += 1))
  writeFileSync(join(folder, "a.json"), "{")
  await files.rescan()
  await files.rescan()
  assert.equal(told, 1)
  unlinkSync(join(folder, "a.json"))
  await files.rescan()
  assert.equal(told, 2)
})
