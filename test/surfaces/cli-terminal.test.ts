/** What the command line prints of what others wrote: a service, its errors, a client's file, a name on the command line. */
import assert from "node:assert/strict"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { openCli, up } from "./cli-kit.ts"

const limit = { timeout: 120_000 }
/** Clears the screen, sets its title, hides, turns around, and begins a line that we have not written. */
const trick =
  "\u001B[2J\u001B]0;owned\u0007\u009B31m\u0008\u202Egnp\u2066\u200B\u{E0041}\u0000\r\nIssues: 0 \u2028"
/** What a terminal obeys, and what nobody sees. */
const unseen = /[\p{Cc}\p{Cf}\p{DI}\p{Zl}\p{Zp}]/u

function assertPlain(text: string): void {
  const [found] = unseen.exec(text.replaceAll("\n", "")) ?? []
  assert.equal(found?.codePointAt(0)?.toString(16), undefined)
}

test(
  "LOG-03 nothing that comes from elsewhere reaches the terminal as it is, nor begins a line of its own",
  limit,
  async (t) => {
    const cli = await openCli()
    t.after(() => cli.close())
    const service = { ...up, name: "a", title: trick, lastError: { message: trick, at: new Date().toISOString() } }
    const issue = { service: "a", subject: trick, message: trick, since: new Date().toISOString() }
    cli.answers.set("list_services", { services: [{ ...service, state: "up", tags: [trick] }] })
    cli.answers.set("list_quotas", { quotas: [] })
    cli.answers.set("list_issues", { issues: [issue] })
    cli.answers.set("audit_head", {
      stream: trick,
      seq: 1,
      hash: "h",
      available: false,
      trouble: trick,
      sinkTroubles: [],
    })
    cli.answers.set("healthcheck", {
      healthy: true,
      checks: [{ name: trick, healthy: true, latencyMs: 1, message: trick }],
    })
    const commands = [["status"], ["list_issues"], ["healthcheck"]]
    for (const args of commands) {
      const { stdout, stderr } = await cli.run(args)
      assertPlain(stdout + stderr)
      assert.ok(stdout.includes("Issues: 0") || stdout.includes("a"), args[0])
      const own = stdout.split("\n").filter((line) => line.startsWith("Issues: 0"))
      assert.deepEqual(own, [], args[0])
    }
  },
)

test("LOG-03 --json says all of it, in characters that no terminal obeys", limit, async (t) => {
  const cli = await openCli()
  t.after(() => cli.close())
  cli.answers.set("list_issues", { issues: [{ service: "a", message: trick, since: new Date().toISOString() }] })
  const { stdout } = await cli.run(["list_issues", "--json"])
  assertPlain(stdout)
  const { issues } = JSON.parse(stdout) as { readonly issues: readonly { readonly message: string }[] }
  assert.equal(issues[0]?.message, trick)
})

test("LOG-03 what is wrong is said in one line, whatever it quotes", limit, async (t) => {
  const cli = await openCli()
  t.after(() => cli.close())
  const file = join(cli.folder, "clients.json")
  const entry = { command: "node", [trick]: 1 }
  await writeFile(file, JSON.stringify({ mcpServers: { [`one${trick}`]: { command: "node" }, two: entry } }))
  const shown = trick.replaceAll("\0", "")
  const word = shown.replaceAll(/[\r\n]/g, "") // whoever types a line break sees one
  for (const args of [
    [word],
    ["status", "--url", `http://${shown}`],
    ["import", file],
    ["verify", "--file", shown],
  ]) {
    const { stdout, stderr } = await cli.run(args)
    assertPlain(stdout + stderr)
    assert.doesNotMatch(stdout + stderr, /^Issues/m)
  }
})
