/** A gateway whose log nobody takes: calls go on, and it neither waits nor ends. */
import assert from "node:assert/strict"
import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync } from "node:fs"
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { test, type TestContext } from "node:test"
import { root, urlIn } from "../support/process.ts"
import { administratorOf, gatewayFor } from "./administrator.ts"
import { eventually } from "./eventually.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { perform } from "./operations.ts"
import { openPeer, textOf } from "./peer.ts"
import { echo } from "./services.ts"

const limit = { timeout: 120_000 }
/** Each is a line of the log, of about 600 bytes: together far more than a pipe and what is kept for it may hold. */
const brokenFiles = 3_000
const fewFiles = 50

type Silent = { readonly child: ChildProcess; readonly say: (nonce: number) => Promise<string> }

/** @param stderr as `spawn` takes it; nobody reads a pipe unless the test does */
async function startLogging(t: TestContext, stderr: "pipe" | number, files = fewFiles): Promise<Silent> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-log-"))
  const servers = join(folder, "servers.d")
  await mkdir(servers)
  await writeFile(join(servers, "child.json"), JSON.stringify(echo), { mode: 0o600 })
  const name = "a-file-with-a-long-name".repeat(9)
  for (let number = 0; number < files; number += 1)
    await writeFile(join(servers, `${name}-${number}.json`), `{"nothing": "of-ours"}`, { mode: 0o600 })
  const folders = ["--data", join(folder, "data"), "--servers", servers]
  const args = [join(root, "bin/mcp-meta.mjs"), "serve", "--port", "0", ...folders]
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", stderr] })
  t.after(async () => {
    if (child.exitCode === null) {
      child.kill("SIGKILL")
      await once(child, "exit")
    }
    await rm(folder, { recursive: true, force: true })
  })
  const [line] = (await once(createInterface({ input: child.stdout ?? process.stdin }), "line")) as [string]
  const key = (await readFile(join(folder, "data/admin.key"), "utf8")).trim()
  const peer = await openPeer(httpPipe(urlIn(line), bearer(key)))
  return { child, say: async (nonce) => textOf(await peer.tool("child__echo", { nonce })) }
}

test(
  "LOG-04 a log that nobody reads holds up no call, and tells what was lost when somebody does",
  limit,
  async (t) => {
    const { child, say } = await startLogging(t, "pipe", brokenFiles)
    assert.equal(await say(1), "1")
    let said = ""
    child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()))
    await eventually("the loss is told", () => /"lost":\d+,/.test(said))
    const lines = said.split("\n").filter((line) => line.startsWith("{") && line.includes('"level"'))
    for (const line of lines) assert.equal(typeof (JSON.parse(line) as { msg: unknown }).msg, "string")
    const lost = Number(/"lost":(\d+)/.exec(said)?.[1])
    const told = lines.filter((line) => line.includes('"file"')).length
    t.diagnostic(JSON.stringify({ lines: brokenFiles, told, lost }))
    assert.ok(told > 0 && told + lost >= brokenFiles)
    assert.equal(await say(2), "2")
  },
)

test("LOG-04 a log whose reader has gone ends nothing", limit, async (t) => {
  const { child, say } = await startLogging(t, "pipe")
  child.stderr?.destroy()
  process.kill(child.pid ?? 0, "SIGHUP")
  for (let call = 0; call < 10; call += 1) assert.equal(await say(call), String(call))
  child.kill("SIGTERM")
  const [code] = (await once(child, "exit")) as [number]
  assert.equal(code, 0)
})

test("LOG-04 a log on a full disk ends nothing", limit, async (t) => {
  const full = openSync("/dev/full", "w")
  t.after(() => closeSync(full))
  const { child, say } = await startLogging(t, full)
  for (let call = 0; call < 10; call += 1) assert.equal(await say(call), String(call))
  child.kill("SIGTERM")
  const [code] = (await once(child, "exit")) as [number]
  assert.equal(code, 0)
})

const flood =
  "const lines = `${'x'.repeat(80)}\\n`.repeat(1000); const go = () => process.stderr.write(lines, go); go()"

test("LOG-02 a program that floods its error output holds up no call of another service", limit, async (t) => {
  const gateway = await gatewayFor(t, {
    services: { child: echo, flooding: { command: "node", args: ["-e", flood] } },
  })
  const admin = await administratorOf(t, gateway)
  const written = async (): Promise<number> => {
    const ledger = JSON.parse(await readFile(join(gateway.folder, "data/children.json"), "utf8")) as Ledger
    const pid = ledger.children.find(({ name }) => name === "flooding")?.pid ?? 0
    const io = await readFile(`/proc/${pid}/io`, "utf8").catch(() => "")
    return Number(/wchar: (\d+)/.exec(io)?.[1] ?? 0)
  }
  await eventually("it floods", async () => (await written()) > 0)
  assert.equal(textOf(await admin.tool("child__echo", { nonce: 0 })), "0") // when its own program is up
  const [began, bytes] = [performance.now(), await written()]
  for (let call = 0; call < 15; call += 1)
    assert.equal(textOf(await admin.tool("child__echo", { nonce: call })), String(call))
  const [ms, more] = [performance.now() - began, (await written()) - bytes]
  t.diagnostic(
    JSON.stringify({ calls: 15, linesPerSecond: Math.round((more / 81 / ms) * 1_000), ms: Math.round(ms) }),
  )
  const { stderr } = (await perform(admin, "get_server_details", { name: "flooding" })) as {
    readonly stderr: string[]
  }
  assert.ok(more > 0 && stderr.length > 0 && stderr.length <= 200)
})

/** Clears the screen, sets its title, turns around, hides, and begins a line that is not ours. */
const trick = '\u001B[2J\u001B]0;owned\u0007\u009B31m\u202Egnp\u2066\u200B\u{E0041}\r\n{"level":"fatal"}\u2028'
const unseen = /[\p{Cc}\p{Cf}\p{DI}\p{Zl}\p{Zp}]/u

test(
  "LOG-01 LOG-03 whatever files, programs and clients say, the log is lines of JSON of bounded length",
  limit,
  async (t) => {
    const dying = `process.stderr.write(${JSON.stringify(`Error: ${trick}`)}.repeat(20_000), () => process.exit(1))`
    const gateway = await gatewayFor(t, {
      services: { dying: { command: "node", args: ["-e", dying] }, child: echo },
      env: { MCP_META_LOG_LEVEL: "trace" },
    })
    const file = join(gateway.folder, "servers.d", `bad${trick.slice(0, 80).replaceAll("/", "")}.json`)
    await writeFile(file, JSON.stringify({ command: trick, [trick]: trick.repeat(1_000) }), { mode: 0o600 })
    const headers = { ...bearer(gateway.key), "user-agent": "\u009B31m \u00AD", "x-request-id": "\u0085" }
    const client = await openPeer(httpPipe(gateway.url, headers), { era: "legacy" })
    t.after(() => client.close())
    for (const name of [trick, `child__${trick}`, "child__echo", "dying__x"])
      await client.tool(name, { [trick]: trick })
    await client.call(trick, { [trick]: trick }).catch(() => {})
    const said = (): string => gateway.process.stderr()
    await eventually("it tells of both", () => said().includes("is down") && said().includes("bad"))
    const lines = said().split("\n").filter((line) => line.startsWith("{") && line.includes("level")) // oxfmt-ignore
    assert.ok(lines.length > 2)
    for (const line of lines) {
      assert.doesNotMatch(line, unseen)
      assert.ok(line.length <= 16_384)
      assert.notEqual((JSON.parse(line) as { readonly level: string }).level, "fatal")
    }
  },
)

type Ledger = { readonly children: readonly { readonly pid: number; readonly name: string }[] }
