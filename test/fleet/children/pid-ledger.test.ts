import assert from "node:assert/strict"
import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { PidLedger } from "../../../src/fleet/children/pid-ledger.ts"
import { makeFolder } from "../../support/folder.ts"

const openFolder = (): string => join(makeFolder(), "children.json")

function startSleeper(t: TestContext): ChildProcess & { pid: number } {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" })
  t.after(() => child.kill("SIGKILL"))
  assert.ok(child.pid)
  return child as ChildProcess & { pid: number }
}

type Content = { bootId: string; children: { pid: number; startTime: string; name: string }[] }
const read = (path: string): Content => JSON.parse(readFileSync(path, "utf8")) as Content

test("what a gateway left running is ended by the next one", async (t) => {
  const path = openFolder()
  const sleeper = startSleeper(t)
  new PidLedger(path).add(sleeper.pid, "files")
  const exited = once(sleeper, "exit")
  assert.deepEqual(new PidLedger(path).reap(), ["files"])
  assert.deepEqual(await exited, [null, "SIGKILL"])
  assert.deepEqual(read(path).children, [])
})

test("a process that took over a pid is left alone", (t) => {
  const path = openFolder()
  const sleeper = startSleeper(t)
  new PidLedger(path).add(sleeper.pid, "files")
  const content = read(path)
  writeFileSync(
    path,
    JSON.stringify({ ...content, children: content.children.map((child) => ({ ...child, startTime: "1" })) }),
  )
  assert.deepEqual(new PidLedger(path).reap(), [])
  assert.equal(process.kill(sleeper.pid, 0), true)
})

test("a ledger of another boot ends nobody", (t) => {
  const path = openFolder()
  const sleeper = startSleeper(t)
  new PidLedger(path).add(sleeper.pid, "files")
  writeFileSync(path, JSON.stringify({ ...read(path), bootId: "another" }))
  assert.deepEqual(new PidLedger(path).reap(), [])
  assert.equal(process.kill(sleeper.pid, 0), true)
})

test("a child that ended is no longer in the ledger", (t) => {
  const path = openFolder()
  const ledger = new PidLedger(path)
  const [one, two] = [startSleeper(t), startSleeper(t)]
  ledger.add(one.pid, "one")
  ledger.add(two.pid, "two")
  ledger.remove(one.pid)
  ledger.remove(one.pid)
  assert.deepEqual(
    read(path).children.map(({ name }) => name),
    ["two"],
  )
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test("without a record of start times nothing is written and nobody is ended", (t) => {
  const path = openFolder()
  const sleeper = startSleeper(t)
  new PidLedger(path).add(sleeper.pid, "files")
  const elsewhere = new PidLedger(path, { proc: join(path, "none") })
  elsewhere.add(sleeper.pid, "again")
  assert.deepEqual(elsewhere.reap(), [])
  assert.equal(process.kill(sleeper.pid, 0), true)
})

test("a broken or hostile ledger ends nobody", () => {
  const path = openFolder()
  const { bootId } = ((): Content => {
    new PidLedger(path).reap()
    return read(path)
  })()
  const child = { startTime: "1", name: "x" }
  for (const text of [
    "",
    "{",
    "[]",
    ...[-1, 0, 1, 1.5].map((pid) => JSON.stringify({ bootId, children: [{ ...child, pid }] })),
  ]) {
    writeFileSync(path, text)
    assert.deepEqual(new PidLedger(path).reap(), [])
  }
})

test("a ledger that cannot be written refuses the child", () => {
  const ledger = new PidLedger(join(openFolder(), "missing", "children.json"))
  assert.throws(() => ledger.add(process.pid, "files"), { code: "service_unavailable" })
})

test("what a child left behind in its group is ended with it, though the child itself is gone", async () => {
  const path = openFolder()
  const script = `const { spawn } = require("node:child_process")
    const left = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" })
    console.log(left.pid)
    setTimeout(() => process.exit(), 100)`
  const leader = spawn(process.execPath, ["-e", script], { detached: true, stdio: ["ignore", "pipe", "ignore"] })
  assert.ok(leader.pid)
  new PidLedger(path).add(leader.pid, "files")
  const [told] = (await once(leader.stdout, "data")) as [Buffer]
  const left = Number(told.toString())
  await once(leader, "exit")
  assert.equal(process.kill(left, 0), true)
  assert.deepEqual(new PidLedger(path).reap(), ["files"])
  while (isRunning(left)) await new Promise((resume) => setTimeout(resume, 10))
})

/** A zombie that nobody waits for is as good as gone. */
function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return false
  }
}

test("all own children can be ended at once", async (t) => {
  const ledger = new PidLedger(openFolder())
  const sleeper = startSleeper(t)
  ledger.add(sleeper.pid, "files")
  const exited = once(sleeper, "exit")
  ledger.killAll()
  assert.deepEqual(await exited, [null, "SIGKILL"])
})
