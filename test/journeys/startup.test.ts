/** When the gateway refuses to start, and what it says then; and when it joins one that has. */
import assert from "node:assert/strict"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises"
import { createServer, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { startGateway } from "../support/gateway.ts"
import { root, start } from "../support/process.ts"

const limit = { timeout: 120_000 }
const hello = { command: "node", args: [join(root, "examples/hello-server/server.ts")] }

test("AUTHN-02 it refuses to listen beyond loopback without TLS", limit, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "journey-start-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  for (const host of ["0.0.0.0", "::"]) {
    const { code, stderr } = await serve(
      "--host",
      host,
      "--data",
      join(folder, "data"),
      "--servers",
      join(folder, "servers.d"),
    )
    assert.equal(code, 2, stderr)
    assert.match(stderr, /TLS/)
    assert.match(stderr, /--insecure-http/)
  }
})

test("a second gateway on the same data is refused, and the first goes on", limit, async (t) => {
  const gateway = await startGateway()
  t.after(() => gateway.stop())
  const { code, stdout, stderr } = await serve(
    "--data",
    join(gateway.folder, "data"),
    "--servers",
    join(gateway.folder, "servers.d"),
  )
  assert.equal(code, 2, stderr)
  assert.doesNotMatch(stdout, /listening/)
  assert.match(stderr, /another|already|in use|lock/i)
  assert.equal((await fetch(`${gateway.origin}/health`)).status, 200)
})

test("the first start shows the key once and keeps it for its owner alone", limit, async (t) => {
  const gateway = await startGateway()
  t.after(() => gateway.stop())
  const data = join(gateway.folder, "data")
  assert.equal(gateway.process.stderr().split(gateway.key).length > 1, true)
  assert.match(gateway.process.stderr(), /claude mcp add --transport http/)
  assert.equal((await stat(join(data, "admin.key"))).mode & 0o777, 0o600)
  assert.equal((await stat(data)).mode & 0o077, 0)
  await gateway.restart("SIGTERM")
  assert.ok(!gateway.process.stderr().includes(gateway.key))
})

test("a data folder that cannot be made is refused at once, and so is one of services", limit, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "journey-start-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  // Nothing can be made in /proc; where there is none, nor below a file.
  const nowhere = existsSync("/proc/self") ? "/proc/x/y" : join(root, "package.json", "x")
  const data = await serve("--data", nowhere, "--servers", join(folder, "servers.d"))
  assert.deepEqual([data.code, data.stdout], [2, ""], data.stderr)
  assert.match(data.stderr, /data folder .* cannot be made \(E[A-Z]+\); choose another with --data/)
  const servers = await serve("--data", join(folder, "data"), "--servers", nowhere)
  assert.equal(servers.code, 2, servers.stderr)
  assert.match(servers.stderr, /folder of services .* cannot be made \(E[A-Z]+\)/)
})

test("a folder of services that was not there is made, and said to be empty", limit, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "journey-start-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const folders = ["--data", join(folder, "data"), "--servers", join(folder, "typo", "servers.d")]
  const args = [join(root, "bin/mcp-meta.mjs"), "serve", "--port", "0", ...folders]
  const running = await start({ args, ready: /^mcp-meta listening on / })
  t.after(() => running.stop())
  assert.match(running.stderr(), /folder of services was not there; it was made and is empty/)
})

test("LIF-04 a signal ends a start that hangs", limit, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "journey-start-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const data = join(folder, "data")
  await mkdir(data, { mode: 0o700 })
  // Whoever reads it waits for a writer that never comes.
  execFileSync("mkfifo", [join(data, "state.json")])
  const args = [join(root, "bin/mcp-meta.mjs"), "serve", "--port", "0", "--data", data]
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] })
  t.after(() => child.kill("SIGKILL"))
  while (!existsSync(join(data, "state.lock"))) await sleep(20)
  const ended = once(child, "exit")
  child.kill("SIGTERM")
  await ended
  assert.equal(child.signalCode, "SIGKILL")
})

test("where the port is in use nothing is started, made or told", limit, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "journey-start-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, "servers.d"))
  const trace = join(folder, "started")
  const program = { command: process.execPath, args: ["-e", `require("fs").writeFileSync("${trace}", "")`] }
  await writeFile(join(folder, "servers.d", "one.json"), JSON.stringify(program))
  const other = createServer().listen(0, "127.0.0.1")
  t.after(() => other.close())
  await once(other, "listening")
  const { port } = other.address() as AddressInfo
  const folders = ["--data", join(folder, "data"), "--servers", join(folder, "servers.d")]
  for (const workers of ["1", "2"]) {
    const refused = await serve(...folders, "--workers", workers, "--port", String(port))
    assert.deepEqual([refused.code, refused.stdout], [2, ""], refused.stderr)
    assert.match(refused.stderr, /Cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\).*another --port/)
    assert.doesNotMatch(refused.stderr, /mm_|first start/)
  }
  assert.deepEqual([existsSync(trace), existsSync(join(folder, "data"))], [false, false])
})

async function serve(
  ...args: readonly string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(root, "bin/mcp-meta.mjs"), "serve", "--port", "0", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  })
  const timer = setTimeout(() => child.kill("SIGKILL"), 15_000)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")])
  clearTimeout(timer)
  return { code: child.exitCode, stdout, stderr }
}

test("a client that starts mcp-meta over stdio joins the gateway that runs on its data", limit, async (t) => {
  const gateway = await startGateway({ services: { hello } })
  t.after(() => gateway.stop())
  const folders = ["--data", join(gateway.folder, "data"), "--servers", join(gateway.folder, "servers.d")]
  const child = spawn(process.execPath, [join(root, "bin/mcp-meta.mjs"), "stdio", ...folders])
  const params = { name: "hello__greet", arguments: { name: "Ada" } }
  child.stdin.end(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params })}\n`)
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, "exit") as Promise<[number]>])
  assert.match(printed, /Hello, Ada!/)
  assert.equal(code, 0)
})

test(
  "LIF-05 what a killed gateway said of itself keeps no client out when its number is in use again",
  limit,
  async (t) => {
    const gateway = await startGateway()
    t.after(() => gateway.stop())
    await gateway.process.stop("SIGKILL")
    const data = join(gateway.folder, "data")
    await writeFile(join(data, "gateway.json"), JSON.stringify({ url: "http://127.0.0.1:1", pid: process.pid }))
    const folders = ["--data", data, "--servers", join(gateway.folder, "servers.d")]
    const child = spawn(process.execPath, [join(root, "bin/mcp-meta.mjs"), "stdio", ...folders])
    child.stdin.end(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" })}\n`)
    const [printed, complained] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")])
    assert.match(printed, /"result"/, complained)
  },
)

test("a certificate that does not fit its key is refused before anything starts", limit, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "journey-start-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, "no.pem"), "no certificate")
  const pem = join(folder, "no.pem")
  const { code, stderr } = await serve("--data", join(folder, "data"), "--tls-cert", pem, "--tls-key", pem)
  assert.equal(code, 2, stderr)
  assert.match(stderr, /tls.cert and tls.key are not a certificate/)
})
