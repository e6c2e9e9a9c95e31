import assert from "node:assert/strict"
import { chmodSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { text } from "node:stream/consumers"
import { test, type TestContext } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { startChild, type Child, type ChildOptions } from "../../../src/fleet/children/child.ts"
import { PidLedger } from "../../../src/fleet/children/pid-ledger.ts"
import { makeFolder } from "../../support/folder.ts"

type Given = Partial<ChildOptions>

function options(script: string, given: Given = {}): ChildOptions & { readonly folder: string } {
  const folder = makeFolder()
  const ledger = new PidLedger(join(folder, "children.json"))
  return {
    name: "files",
    command: "node",
    args: ["-e", script],
    env: {},
    cwd: undefined,
    baseEnv: {},
    ledger,
    folder,
    ...given,
  }
}

async function start(t: TestContext, script: string, given: Given = {}): Promise<Child> {
  const child = await startChild(options(script, given))
  t.after(() => child.stop(0))
  return child
}

/** The first line on its stdout. */
async function firstLine(child: Child): Promise<string> {
  let read = ""
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    read += String(chunk)
    if (read.includes("\n")) break
  }
  return read.split("\n")[0] ?? ""
}

/** Whether a process is there and not merely waiting for its exit to be noticed. */
function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return stat.slice(stat.lastIndexOf(")") + 2)[0] !== "Z"
  } catch {
    return false
  }
}

async function untilGone(pid: number): Promise<void> {
  for (let tries = 0; tries < 2_000 && runs(pid); tries++) await delay(10)
  assert.equal(runs(pid), false)
}

const forever = "setInterval(() => {}, 1000);"
const ignoresSigterm = `process.on("SIGTERM", () => {}); ${forever} console.log("ready")`

test("a child gets its arguments exactly and talks over its pipes", async (t) => {
  const args = [
    "-e",
    "process.stdin.pipe(process.stdout); console.log(JSON.stringify(process.argv.slice(1)))",
    "a b",
    "$HOME",
    "; ls",
    "",
  ]
  const child = await start(t, "", { args })
  const said = text(child.stdout)
  child.stdin.end("hello")
  assert.equal(await said, `${JSON.stringify(["a b", "$HOME", "; ls", ""])}\nhello`)
  assert.deepEqual(await child.exited, { code: 0, signal: null })
})

test("SEC-05 a child sees its own variables and four of ours", async (t) => {
  const baseEnv = {
    PATH: "/usr/bin",
    HOME: "/home/ann",
    LANG: "C",
    TMPDIR: "/tmp",
    MCP_META_KEY: "secret",
    NODE_OPTIONS: "--x",
  }
  const child = await start(t, "console.log(JSON.stringify([process.env, process.execPath]))", {
    baseEnv,
    env: { TOKEN: "t", LANG: "de" },
  })
  const [env, execPath] = JSON.parse(await firstLine(child)) as [Record<string, string>, string]
  assert.deepEqual(env, {
    PATH: `${dirname(process.execPath)}:/usr/bin`,
    HOME: "/home/ann",
    LANG: "de",
    TMPDIR: "/tmp",
    TOKEN: "t",
  })
  assert.equal(execPath, process.execPath)
})

test("a child that leaves when its input ends is sent no signal", async (t) => {
  const child = await start(
    t,
    `process.on("SIGTERM", () => process.exit(9)); process.stdin.resume(); console.log("ready")`,
  )
  await firstLine(child)
  await child.stop(8_000)
  assert.deepEqual(await child.exited, { code: 0, signal: null })
})

test("DS-30 a child that ignores SIGTERM is killed once its grace is over", async (t) => {
  const child = await start(t, ignoresSigterm)
  await firstLine(child)
  await Promise.all([child.stop(100), child.stop(100)])
  assert.deepEqual(await child.exited, { code: null, signal: "SIGKILL" })
  assert.equal(runs(child.pid), false)
})

test("a child that is suspended is ended all the same", async (t) => {
  const child = await start(t, ignoresSigterm)
  await firstLine(child)
  process.kill(child.pid, "SIGSTOP")
  await child.stop(50)
  assert.equal(runs(child.pid), false)
})

test("what a child started itself is ended with it", async (t) => {
  const inner = `setInterval(() => {}, 1000); process.on("SIGTERM", () => {})`
  const script = `const c = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(inner)}], { stdio: "inherit" }); console.log(c.pid); ${forever}`
  const child = await start(t, script)
  const grandchild = Number(await firstLine(child))
  await child.stop(200)
  await untilGone(grandchild)
})

test("a grandchild that holds the pipe does not outlive its parent", async (t) => {
  const script = `const c = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(forever)}], { stdio: "inherit" }); console.log(c.pid); setTimeout(() => process.exit(3), 50)`
  const child = await start(t, script)
  const grandchild = Number(await firstLine(child))
  assert.deepEqual(await child.exited, { code: 3, signal: null })
  await untilGone(grandchild)
})

test("DS-29 a daemon that left the group and holds the pipe does not keep the exit from being seen", async (t) => {
  const script = `const c = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(forever)}], { stdio: "inherit", detached: true }); console.log(c.pid); setTimeout(() => process.exit(4), 50)`
  const child = await start(t, script)
  const daemon = Number(await firstLine(child))
  t.after(() => process.kill(daemon, "SIGKILL"))
  assert.deepEqual(await child.exited, { code: 4, signal: null })
  assert.equal(child.stdout.destroyed, true)
})

test("what a child wrote before its exit is still read", async (t) => {
  const child = await start(t, `require("node:fs").writeSync(1, "x".repeat(60000)); process.exit(0)`)
  assert.equal((await text(child.stdout)).length, 60_000)
  assert.deepEqual(await child.exited, { code: 0, signal: null })
})

test("the exit is told to who asked for it, and crosses the child off the ledger", async () => {
  const told: unknown[] = []
  const given = options("process.exit(7)", { onExit: (exit) => told.push(exit) })
  const child = await startChild(given)
  await child.exited
  assert.deepEqual(told, [{ code: 7, signal: null }])
  const { children } = JSON.parse(readFileSync(join(given.folder, "children.json"), "utf8")) as {
    children: unknown[]
  }
  assert.deepEqual(children, [])
})

test("writing to a child that is gone harms nobody", async (t) => {
  const child = await start(t, "process.exit(0)")
  child.stdin.write("x".repeat(1_000_000))
  await child.exited
  child.stdin.write("more")
  await child.stop(1_000)
})

test("a child whose reader sleeps and who floods its error output goes on, and its last lines are kept", async (t) => {
  const script = `const line = "y".repeat(99) + "\\n"; for (let i = 0; i < 200_000; i++) require("node:fs").writeSync(2, i % 1000 ? line : "n" + i + line); require("node:fs").writeSync(2, "the end\\n"); console.log("done")`
  const child = await start(t, script)
  await child.exited
  const lines = child.stderrLines()
  assert.equal(lines.length, 200)
  assert.equal(lines.at(-1), "the end")
})

test("LOG-03 error output is shown without what moves a cursor, hides text or is secret", async (t) => {
  const said = "\u001b[31mred\u001b[0m\u0007 \u202egnp\n\u001b]0;title\u0007token=hunter2hunter2\r\ntab\there\n\n"
  const child = await start(t, `process.stderr.write(${JSON.stringify(said)})`, {
    secrets: ["hunter2hunter2", ""],
  })
  await child.exited
  assert.deepEqual(child.stderrLines(), ["red gnp", "token=***", "tab\there"])
})

test("a program that is not there is refused with what to do", async () => {
  const missing = options("", { command: "no-such-program --key=hush" })
  await assert.rejects(startChild(missing), (error: Error & { code?: string }) => {
    assert.equal(error.code, "service_unavailable")
    assert.match(error.message, /files was not found; install it/)
    assert.doesNotMatch(error.message, /hush/)
    return true
  })
})

test("a program that may not be run, a missing folder and a NUL character are refused", async () => {
  const given = options("")
  const command = join(given.folder, "plain")
  writeFileSync(command, "#!/bin/sh\n")
  chmodSync(command, 0o644)
  await assert.rejects(startChild({ ...given, command }), {
    code: "service_unavailable",
    message: /make it executable/,
  })
  await assert.rejects(startChild({ ...given, cwd: join(given.folder, "none") }), {
    code: "service_unavailable",
    message: /"cwd"/,
  })
  await assert.rejects(startChild({ ...given, args: ["a\0b"] }), { code: "service_unavailable" })
})

test("no child is left running when the ledger cannot be written", async () => {
  const given = options(forever)
  const ledger = new PidLedger(join(given.folder, "missing", "children.json"))
  await assert.rejects(startChild({ ...given, ledger }), { code: "service_unavailable", message: /data folder/ })
})
