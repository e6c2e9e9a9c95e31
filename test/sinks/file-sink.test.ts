import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { chmod, mkdir, readFile, rename, rm, stat, symlink, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { bodyOf, hashOf, toText } from "../../src/domain/audit/chain.ts"
import { entrySchema } from "../../src/domain/audit/entry.ts"
import { Entries, distinct, keysOf, kit, linesOf, until } from "./sinks-kit.ts"

const pipeMaker = "mkfifo"

async function linesAt(path: string): Promise<readonly string[]> {
  return linesOf(await readFile(path, "utf8").catch(() => ""))
}

test("every entry becomes one line of a file that only its owner reads", async (t) => {
  const { folder, entries, start } = await kit(t)
  const path = join(folder, "audit.jsonl")
  entries.add(1_234)
  start({ file: { path, format: "jsonl" } })
  await until(async () => (await linesAt(path)).length === 1_234)
  assert.deepEqual(keysOf(await linesAt(path)), entries.keys)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
})

test("a line holds the hash and the very body that was hashed", async (t) => {
  const { folder, entries, start } = await kit(t)
  const path = join(folder, "audit.jsonl")
  entries.add(1)
  start({ file: { path, format: "jsonl" } })
  await until(async () => (await linesAt(path)).length === 1)
  const [line = ""] = await linesAt(path)
  const { type, hash, body } = JSON.parse(line) as { type: string; hash: string; body: unknown }
  const text = bodyOf(entrySchema.parse(body))
  assert.equal(type, "entry")
  assert.equal(toText(hashOf(text)), hash)
  assert.ok(line.endsWith(`"body":${text}}`))
})

test("lines are CEF or OCSF where that is asked for", async (t) => {
  for (const [format, pattern] of [
    ["cef", /^CEF:0\|mcp-meta\|gateway\|1\.2\.3\|end\|/],
    ["ocsf", /"class_uid":6003/],
  ] as const) {
    const { folder, entries, start } = await kit(t)
    const path = join(folder, "audit.log")
    entries.add(2)
    start({ file: { path, format } })
    await until(async () => (await linesAt(path)).length === 2)
    for (const line of await linesAt(path)) assert.match(line, pattern)
  }
})

test("what comes later is appended, also after a restart, and nothing twice after a clean stop", async (t) => {
  const { folder, entries, start } = await kit(t)
  const path = join(folder, "audit.jsonl")
  const sinks = start({ file: { path, format: "jsonl" } })
  for (const count of [3, 1, 700]) {
    entries.add(count)
    sinks.wake()
    await until(async () => (await linesAt(path)).length === entries.keys.length)
  }
  await sinks.close()
  entries.add(5)
  start({ file: { path, format: "jsonl" } })
  await until(async () => (await linesAt(path)).length === entries.keys.length)
  assert.deepEqual(keysOf(await linesAt(path)), entries.keys)
})

test("a file that was renamed is left alone, and a new one takes its name", async (t) => {
  const { folder, entries, start } = await kit(t)
  const path = join(folder, "audit.jsonl")
  const sinks = start({ file: { path, format: "jsonl" } })
  entries.add(10)
  sinks.wake()
  await until(async () => (await linesAt(path)).length === 10)
  await rename(path, `${path}.1`)
  entries.add(7)
  sinks.wake()
  await until(async () => (await linesAt(path)).length === 7)
  assert.deepEqual(keysOf([...(await linesAt(`${path}.1`)), ...(await linesAt(path))]), entries.keys)
  await truncate(path)
  entries.add(2)
  sinks.wake()
  await until(async () => (await linesAt(path)).length === 2)
})

test("half a last line is cut off and sent again whole", async (t) => {
  const { folder, entries, start } = await kit(t)
  const path = join(folder, "audit.jsonl")
  entries.add(20)
  const first = start({ file: { path, format: "jsonl" } })
  await until(async () => (await linesAt(path)).length === 20)
  await first.close()
  const whole = await readFile(path)
  // as a crash before the position was kept leaves it
  await rm(join(folder, "sinks.json"))
  for (const size of [whole.length - 1, whole.length - 100, 1, 0]) {
    await writeFile(path, whole.subarray(0, size))
    const again = start({ file: { path, format: "jsonl" } })
    await until(async () =>
      (await readFile(path, "utf8")).endsWith('"stream":"a","target":"time__now","timeMs":1700000000020}}\n'),
    )
    await again.close()
    assert.deepEqual(distinct(keysOf(await linesAt(path))), entries.keys)
    await rm(join(folder, "sinks.json"))
  }
})

test("what is no file of ours is refused, and written once it is replaced by one", async (t) => {
  const { folder, entries, troubles, start } = await kit(t)
  const path = join(folder, "audit.jsonl")
  const target = join(folder, "other")
  const makers = [
    () => symlink(target, path),
    () => mkdir(path),
    () => writeFile(path, "somebody's notes, without a line break"),
    () => Promise.resolve(execFileSync(pipeMaker, [path])),
  ]
  entries.add(3)
  for (const make of makers) {
    await make()
    troubles.length = 0
    const sinks = start({ file: { path, format: "jsonl" } })
    await until(() => troubles.length > 0)
    assert.match(troubles[0]?.message ?? "", /audit\.jsonl/)
    await rm(path, { recursive: true })
    await until(async () => (await linesAt(path)).length === 3)
    await until(() => troubles.length === 2)
    assert.deepEqual(troubles.at(-1), { sink: "file", message: undefined })
    await sinks.close()
    await rm(path)
    await rm(join(folder, "sinks.json"))
  }
  await assert.rejects(stat(target))
})

test("a missing folder holds nothing up and loses nothing", async (t) => {
  const { folder, entries, troubles, start } = await kit(t)
  const path = join(folder, "later", "audit.jsonl")
  const sinks = start({ file: { path, format: "jsonl" } })
  entries.add(600)
  sinks.wake()
  await until(() => troubles.length === 1)
  assert.equal(sinks.oldestNeededId(), 1)
  entries.add(600)
  sinks.wake()
  await mkdir(join(folder, "later"))
  await until(async () => (await linesAt(path)).length === 1_200)
  assert.deepEqual(keysOf(await linesAt(path)), entries.keys)
  assert.deepEqual(
    troubles.map(({ message }) => message === undefined),
    [false, true],
  )
})

test("what retention dropped before it was delivered is told in one line", async (t) => {
  const { folder, entries, troubles, start } = await kit(t)
  const path = join(folder, "later", "audit.jsonl")
  entries.add(10)
  start({ file: { path, format: "jsonl" } })
  await until(() => troubles.length === 1)
  entries.drop(4)
  await mkdir(join(folder, "later"))
  await until(async () => (await linesAt(path)).length === 7)
  const [lost = "", ...others] = await linesAt(path)
  assert.deepEqual(JSON.parse(lost), {
    type: "lost",
    entries: 4,
    before: "a/5",
    reason: "Dropped by retention before it was delivered.",
  })
  assert.deepEqual(keysOf(others), entries.keys)
  assert.ok(troubles.some(({ message }) => message?.includes("dropped 4 entries")))
  await until(() => troubles.at(-1)?.message === undefined)
})

test("retention keeps what is not delivered, and everything may go once it is", async (t) => {
  const { folder, entries, start } = await kit(t)
  const sinks = start({ file: { path: join(folder, "audit.jsonl"), format: "jsonl" } })
  entries.add(10)
  sinks.wake()
  await until(() => sinks.oldestNeededId() === 11)
  const none = start({})
  assert.equal(none.oldestNeededId(), Number.MAX_SAFE_INTEGER)
})

test("another log than before is sent from its beginning", async (t) => {
  const { folder, entries, start } = await kit(t)
  const path = join(folder, "audit.jsonl")
  entries.add(10)
  const sinks = start({ file: { path, format: "jsonl" } })
  await until(async () => (await linesAt(path)).length === 10)
  await sinks.close()
  const others = [new Entries("b"), new Entries("a")]
  others[0]?.add(30)
  others[1]?.add(4)
  for (const other of others) {
    const { folder: otherFolder, troubles, start: startOther } = await kit(t, other)
    await writeFile(join(otherFolder, "sinks.json"), await readFile(join(folder, "sinks.json")))
    const otherPath = join(otherFolder, "audit.jsonl")
    startOther({ file: { path: otherPath, format: "jsonl" } })
    await until(async () => (await linesAt(otherPath)).length === other.keys.length)
    assert.match(troubles[0]?.message ?? "", /another/)
  }
})

test("a file of positions that says nothing stops the start", async (t) => {
  const { folder, start } = await kit(t)
  for (const content of [
    "",
    "{}",
    '{"version":2,"sinks":{}}',
    '{"version":1,"sinks":{"file":{"id":-1,"key":""}}}',
  ]) {
    await writeFile(join(folder, "sinks.json"), content)
    assert.throws(() => start({}), { name: "GatewayError", code: "invalid" })
  }
  await rm(join(folder, "sinks.json"))
  start({})
})

test("positions are kept for their owner alone, and a file left by a crash is in nobody's way", async (t) => {
  const { folder, entries, start } = await kit(t)
  await writeFile(join(folder, "sinks.json.new"), "half")
  await chmod(join(folder, "sinks.json.new"), 0o644)
  entries.add(3)
  const path = join(folder, "audit.jsonl")
  const sinks = start({ file: { path, format: "jsonl" } })
  await until(async () => (await linesAt(path)).length === 3)
  await sinks.close()
  assert.deepEqual(JSON.parse(await readFile(join(folder, "sinks.json"), "utf8")), {
    version: 1,
    sinks: { file: { id: 3, key: "a/3" } },
  })
  assert.equal((await stat(join(folder, "sinks.json"))).mode & 0o777, 0o600)
})
