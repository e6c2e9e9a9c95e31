/** Files dropped into, changed in, broken in and removed from servers.d while another service is under load. */
import assert from "node:assert/strict"
import { rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { after, before, test, type TestContext } from "node:test"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { childrenOf } from "./child-processes.ts"
import { eventually } from "./eventually.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { startLoad } from "./load.ts"
import { perform } from "./operations.ts"
import { listNames, openPeer, type Peer } from "./peer.ts"
import { startService, type ScriptedService } from "./scripted-service.ts"
import { hello } from "./services.ts"

const limit = { timeout: 120_000 }
const callsPerSecond = 200

/** What is promised is a second, which the figures show; without the watch it would be thirty. */
const liveMs = 5_000

let first: ScriptedService
let second: ScriptedService
let gateway: TestGateway
let client: Peer

before(async () => {
  first = await startService({ tools: [{ name: "alpha" }] })
  second = await startService({ tools: [{ name: "beta" }] })
  // Which service a file names changes here as it will.
  gateway = await startGateway({ services: { hello }, args: ["--pin", "off"] })
  client = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  await eventually("the service under load is there", async () => (await listNames(client)).includes("hello__add"))
})

after(async () => {
  await client?.close()
  await gateway?.stop()
  await Promise.all([first, second].map((service) => service?.close()))
})

test("changes of files are live within a second and cost other services nothing", limit, async (t) => {
  const load = startLoad(callsPerSecond, addTwo)
  await sleep(500)

  await live(
    t,
    "dropped",
    () => gateway.drop("extra", { url: first.url }),
    () => lists("extra__alpha"),
  )
  await live(
    t,
    "changed",
    () => gateway.drop("extra", { url: second.url }),
    async () => (await lists("extra__beta")) && !(await lists("extra__alpha")),
  )
  await live(
    t,
    "renamed inside",
    () => gateway.drop("extra", { url: second.url, tools: { rename: { beta: "gamma" } } }),
    () => lists("extra__gamma"),
  )
  await live(
    t,
    "broken",
    () => writeFile(fileOf("extra"), '{ "url": "http://'),
    () => hasIssue("extra"),
  )
  assert.ok(await lists("extra__gamma"), "the last good version stays")
  await live(
    t,
    "mended",
    () => gateway.drop("extra", { url: first.url }),
    async () => (await lists("extra__alpha")) && !(await hasIssue("extra")),
  )
  await live(
    t,
    "disabled",
    () => gateway.drop("extra", { url: first.url, enabled: false }),
    async () => !(await lists("extra__alpha")),
  )
  await live(
    t,
    "enabled",
    () => gateway.drop("extra", { url: first.url }),
    () => lists("extra__alpha"),
  )
  await live(
    t,
    "removed",
    () => rm(fileOf("extra")),
    async () => !(await lists("extra__alpha")),
  )

  const { made, failures } = await load.stop()
  t.diagnostic(`${made} calls were made meanwhile`)
  assert.deepEqual(failures, [])
  assert.ok(made > callsPerSecond, `only ${made} calls`)
})

test("a file that is written again as it was restarts nothing", limit, async () => {
  const [before] = childrenOf(gateway.process.child.pid)
  await gateway.drop("hello", hello)
  await gateway.drop("marker", { url: first.url })
  await eventually("a later change is live", () => lists("marker__alpha"))
  await rm(fileOf("marker"))
  assert.deepEqual(childrenOf(gateway.process.child.pid), [before])
})

test("a file of many services is as good as many files", limit, async (t) => {
  const both = { mcpServers: { one: { url: first.url }, two: { url: second.url } } }
  await live(
    t,
    "dropped",
    () => gateway.drop("pasted", both),
    async () => (await lists("one__alpha")) && (await lists("two__beta")),
  )
  await live(
    t,
    "removed",
    () => rm(fileOf("pasted")),
    async () => !(await lists("one__alpha")) && !(await lists("two__beta")),
  )
})

async function live(
  t: TestContext,
  what: string,
  change: () => Promise<void>,
  seen: () => Promise<boolean>,
): Promise<void> {
  await change()
  const tookMs = await eventually(`${what} is live`, seen)
  t.diagnostic(`${what}: live after ${tookMs} ms`)
  assert.ok(tookMs <= liveMs, `${what} took ${tookMs} ms`)
}

async function addTwo(): Promise<string | undefined> {
  const { result, text } = await client.tool("hello__add", { a: 1, b: 2 })
  return (result?.["structuredContent"] as { sum?: number } | undefined)?.sum === 3 ? undefined : text
}

async function lists(tool: string): Promise<boolean> {
  return (await listNames(client)).includes(tool)
}

async function hasIssue(file: string): Promise<boolean> {
  const issues = await perform(client, "list_issues")
  return JSON.stringify(issues).includes(file)
}

function fileOf(service: string): string {
  return join(gateway.folder, "servers.d", `${service}.json`)
}
