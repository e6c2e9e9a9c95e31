import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { appendFileSync, readFileSync, truncateSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { test } from "node:test"
import { makeKit, startMs, type Kit } from "./writer-kit.ts"

const child = join(import.meta.dirname, "writer-child.ts")

/** @returns what the child has said until it was killed: by its failpoint, or once it has said `killAt` */
async function crash(kit: Kit, { failpoint = "", calls = 0, killAt = "never" }): Promise<readonly string[]> {
  const args = [child, kit.folder, kit.keysFolder, failpoint, String(calls)]
  const running = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
  const lines: string[] = []
  createInterface({ input: running.stdout }).on("line", (line) => {
    lines.push(line)
    if (line === killAt) running.kill("SIGKILL")
  })
  const timer = setTimeout(() => running.kill("SIGTERM"), 20_000)
  const [, signal] = await once(running, "close")
  clearTimeout(timer)
  assert.equal(signal, "SIGKILL")
  return lines
}

/** Everything acknowledged is on record, every call has ended once, and nothing is wrong. */
async function checkAfter(kit: Kit, lines: readonly string[]): Promise<void> {
  const writer = await kit.open()
  await writer.close(startMs)
  const entries = kit.entries()
  const ids = (kind: string): readonly (string | undefined)[] =>
    entries.filter((entry) => entry.kind === kind).map(({ callId }) => callId)
  const [starts, ends] = [ids("start"), ids("end")]
  for (const line of lines) {
    const [kind, callId] = line.split(" ")
    if (kind === "start") assert.ok(starts.includes(callId), line)
    if (kind === "end") assert.ok(ends.includes(callId), line)
  }
  assert.equal(new Set(starts).size, starts.length)
  assert.equal(ends.length, starts.length)
  assert.deepEqual(new Set(ends), new Set(starts))
  const unknown = entries.filter(({ outcome }) => outcome === "unknown_after_crash")
  for (const { callId } of unknown) assert.ok(!lines.includes(`end ${callId}`), callId)
  checkUsage(kit)
  const { ok, damage } = await kit.verify()
  assert.ok(ok, JSON.stringify(damage))
}

function checkUsage(kit: Kit): void {
  const calls = kit.entries().filter(({ kind }) => kind === "end").length
  for (const grain of ["minute", "hour", "day"]) {
    const query = `SELECT sum(started) AS started, sum(calls) AS calls, sum(bytes_in) AS bytes FROM usage WHERE grain = '${grain}'`
    const [row] = kit.rows(query)
    if (calls > 0) assert.deepEqual({ ...row }, { started: calls, calls, bytes: calls * 5 })
  }
}

const points = [
  "audit.write.before",
  "audit.write.after",
  "audit.sync.before",
  "audit.sync.after",
  "audit.answer.after",
  "audit.checkpoint.before",
  "audit.checkpoint.after",
  "audit.lost",
]

for (const point of points) {
  test(`a process killed at ${point} leaves a log that the next one finishes`, async (t) => {
    const kit = await makeKit(t)
    for (const at of point.includes("checkpoint") ? [1, 2] : [1, 2, 7]) {
      const lines = await crash(kit, { failpoint: `${point}@${at}=kill`, calls: 5 })
      await checkAfter(kit, lines)
    }
  })
}

test("processes killed one after the other leave their calls to the one that lives", async (t) => {
  const kit = await makeKit(t)
  const lines: string[] = []
  for (const failpoint of [
    "audit.sync.after@4=kill",
    "audit.checkpoint.before@1=kill",
    "audit.answer.after@3=kill",
  ]) {
    lines.push(...(await crash(kit, { failpoint, calls: 5 })))
  }
  await checkAfter(kit, lines)
})

test("a process killed when everything is signed gets its final checkpoint all the same", async (t) => {
  const kit = await makeKit(t)
  await crash(kit, { killAt: "ready" })
  const [before] = kit.rows("SELECT note FROM checkpoints")
  await checkAfter(kit, [])
  const [after] = kit.rows("SELECT note FROM checkpoints")
  assert.doesNotMatch(String(before?.["note"]), /\nfinal\n/)
  assert.match(String(after?.["note"]), /\nfinal\n/)
})

test("a torn note in the file of checkpoints is cut off, and what is missing there is added", async (t) => {
  const kit = await makeKit(t)
  await (await kit.open()).close(startMs)
  await (await kit.open()).close(startMs)
  const path = join(kit.folder, "checkpoints")
  const whole = readFileSync(path, "utf8")
  const lastBegins = whole.slice(0, -2).lastIndexOf("mcp-meta", whole.lastIndexOf("\n— ") - 1)
  for (const cut of [lastBegins + 10, whole.length - 1, whole.length - 40, 5]) {
    truncateSync(path, 0)
    appendFileSync(path, whole.slice(0, cut))
    await (await kit.open()).close(startMs)
    const { ok, damage } = await kit.verify()
    assert.ok(ok, JSON.stringify(damage))
    if (cut > 5) assert.ok(readFileSync(path, "utf8").startsWith(whole))
    truncateSync(path, 0)
    appendFileSync(path, whole)
  }
})

test("a log that is behind its file of checkpoints says in its opening what it has lost", async (t) => {
  const kit = await makeKit(t)
  await crash(kit, { killAt: "ready" })
  const path = join(kit.folder, "checkpoints")
  const note = readFileSync(path, "utf8")
  appendFileSync(path, note.replace("\n1\n", "\n5\n"))
  await (await kit.open()).close(startMs)
  const openings = kit.entries().filter(({ kind }) => kind === "opening")
  assert.equal(openings[1]?.detail?.["lost"], 4)
  appendFileSync(path, note.replace(/\/[^\n]+/, "/20200101T000000Z-gone").replace("\n1\n", "\n7\n"))
  await (await kit.open()).close(startMs)
  const { lost, lostStream } = kit.entries().findLast(({ kind }) => kind === "opening")?.detail ?? {}
  assert.deepEqual([lost, lostStream], [7, "20200101T000000Z-gone"])
})
