import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { after, test } from "node:test"
import { startGateway } from "./support/gateway.ts"
import { root } from "./support/process.ts"

const bin = join(root, "bin/mcp-meta.mjs")
const folder = mkdtempSync(join(tmpdir(), "mcp-meta-bin-"))
after(() => rmSync(folder, { recursive: true, force: true }))

/** A Node.js of this machine that is too old for us; where there is none, the one that runs the tests. */
const oldNode =
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((path) => !path.includes("node_modules"))
    .map((path) => join(path, "node"))
    .find((node) => existsSync(node) && isOld(node)) ?? process.execPath

function isOld(node: string): boolean {
  const [major = 0, minor = 0] = spawnSync(node, ["-p", "process.versions.node"], { encoding: "utf8" })
    .stdout.split(".")
    .map(Number)
  return major < 24 || (major === 24 && minor < 15)
}

function run(
  node: string,
  script: string,
  ...args: readonly string[]
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(node, [script, ...args], { cwd: folder, encoding: "utf8", timeout: 60_000 })
}

for (const [name, node] of [
  ["the Node.js of the tests", process.execPath],
  ["whatever older Node.js there is", oldNode],
] as const) {
  test(`a command runs under ${name}, and its exit code is kept`, () => {
    const version = run(node, bin, "--version")
    assert.deepEqual([version.status, version.stderr], [0, ""])
    assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/)
    assert.equal(run(node, bin, "serve", "--port", "many").status, 2)
    assert.equal(run(node, bin, "status", "--url", "http://127.0.0.1:9", "--key", "mm_none").status, 3)
  })
}

const onLinux = { skip: process.platform !== "linux" }

test(
  "what serves for long is told to give back large blocks, to keep few pools and to have threads for slow resolvers, under the number it was started with",
  onLinux,
  async (t) => {
    const gateway = await startGateway()
    t.after(() => gateway.stop())
    const environment = readFileSync(`/proc/${gateway.process.child.pid}/environ`, "utf8").split("\0")
    for (const name of ["MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"])
      assert.ok(environment.includes(`${name}=131072`), name)
    assert.ok(environment.includes("MALLOC_ARENA_MAX=2"))
    assert.ok(environment.includes("UV_THREADPOOL_SIZE=32"))
  },
)

test("an older Node.js with no newer one beside it says what is missing", () => {
  const alone = join(folder, "alone.mjs")
  cpSync(bin, alone)
  const { status, stderr } = run(oldNode, alone, "--version")
  assert.notEqual(status, 0)
  if (oldNode === process.execPath) return
  assert.equal(status, 2)
  assert.match(stderr, /needs Node\.js 24\.15 or later; this is v\d+.*npm install node-/)
})
