import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { startGateway } from "./support/gateway.ts"
import { root } from "./support/process.ts"

test("the first start tells the administrator's key on stderr, once, with what to paste", async () => {
  const gateway = await startGateway()
  try {
    assert.match(gateway.process.line, /^mcp-meta listening on http:\/\/127\.0\.0\.1:\d+\/mcp$/)
    const said = gateway.process.stderr()
    assert.ok(
      said.includes(
        `claude mcp add --transport http mcp-meta ${gateway.url} --header "Authorization: Bearer ${gateway.key}"`,
      ),
    )
    const [, block = ""] = /(\{\n[^]*\n {4}\})\n/.exec(said) ?? []
    const { mcpServers } = JSON.parse(block) as {
      readonly mcpServers: Readonly<Record<string, { readonly url: string }>>
    }
    assert.equal(mcpServers["mcp-meta"]?.url, gateway.url)
    assert.equal((await stat(join(gateway.folder, "data", "admin.key"))).mode & 0o777, 0o600)
    await gateway.restart("SIGTERM")
    assert.ok(!gateway.process.stderr().includes("mm_"))
  } finally {
    await gateway.stop()
  }
})

test("a signal ends the gateway with 0 and takes its address away", async () => {
  const gateway = await startGateway()
  const address = join(gateway.folder, "data", "gateway.json")
  try {
    assert.deepEqual(JSON.parse(await readFile(address, "utf8")), {
      url: gateway.origin,
      pid: gateway.process.child.pid,
    })
    assert.equal(await gateway.process.stop("SIGTERM"), 0)
    assert.ok(!existsSync(address))
  } finally {
    await gateway.stop()
  }
})

test("a hang-up does not end the gateway", async () => {
  const gateway = await startGateway()
  try {
    gateway.process.child.kill("SIGHUP")
    assert.equal((await fetch(new URL("/health", gateway.origin))).status, 200)
    assert.equal(gateway.process.child.exitCode, null)
  } finally {
    await gateway.stop()
  }
})

test("off loopback without TLS nothing is started and nothing is made", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-main-"))
  try {
    const args = [join(root, "bin/mcp-meta.mjs"), "serve", "--host", "0.0.0.0", "--port", "0"]
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: folder,
      encoding: "utf8",
      timeout: 60_000,
    })
    assert.deepEqual([status, stdout], [2, ""])
    assert.match(stderr, /without TLS would send keys in clear.*--insecure-http/)
    assert.ok(!existsSync(join(folder, "data")))
  } finally {
    await rm(folder, { recursive: true })
  }
})
