/** Processes killed without warning, and the gateway asked to leave: what recovers, what stays, what must be gone. */
import assert from "node:assert/strict"
import { once } from "node:events"
import { readFile, readdir } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { test, type TestContext } from "node:test"
import type { TestGateway } from "../support/gateway.ts"
import { start, urlIn } from "../support/process.ts"
import { createAgent } from "../support/rest.ts"
import { administratorOf, gatewayFor } from "./administrator.ts"
import { childrenOf, commandOf, isAlive } from "./child-processes.ts"
import { eventually } from "./eventually.ts"
import { bearer, httpPipe, type HttpPipe } from "./http-pipe.ts"
import { perform } from "./operations.ts"
import { listNames, openPeer, textOf, type Peer } from "./peer.ts"
import { echo, hello, stubborn } from "./services.ts"

const limit = { timeout: 120_000 }

/** Signals that come closer together may be one, sent to a whole process group. */
const sameSignalMs = 800

/** How long what has lost its gateway may stay. */
const orphanMs = 20_000

test("a killed child is started again, and a call that may be repeated is", limit, async (t) => {
  const gateway = await gatewayFor(t, { services: { hello, echo } })
  const client = await clientOf(t, gateway)
  const before = childPid(gateway, "hello-server")
  const counting = client.tool("hello__countdown", { from: 5 }, { meta: { progressToken: 1 } })
  await client.until(({ method }) => method === "notifications/progress")
  process.kill(before, "SIGKILL")
  assert.equal(textOf(await counting), "Lift-off!")
  assert.deepEqual((await client.tool("hello__add", { a: 1, b: 2 })).result?.["structuredContent"], { sum: 3 })
  assert.notEqual(childPid(gateway, "hello-server"), before)
})

test("DS-05 a call that may not be repeated fails at once when its child is killed", limit, async (t) => {
  const gateway = await gatewayFor(t, { services: { hello, echo } })
  const client = await clientOf(t, gateway)
  const waiting = client.tool("echo__wait", { ms: 20_000 })
  await client.tool("echo__echo", { nonce: 1 })
  process.kill(childPid(gateway, "echo.ts"), "SIGKILL")
  const { error, text } = await waiting
  assert.equal(error?.data?.["code"], "service_unavailable", text)
  await eventually(
    "it answers again",
    async () => (await client.tool("echo__echo", { nonce: 2 })).result !== undefined,
  )
})

test("a killed HTTP service keeps its tools listed, and serves again when it is back", limit, async (t) => {
  let fixture = await start({ args: ["test/fixtures/legacy/http.ts"], env: { PORT: "0" }, ready: /^listening / })
  t.after(() => fixture.stop("SIGKILL"))
  const url = urlIn(fixture.line)
  const gateway = await gatewayFor(t, { services: { remote: { url }, hello } })
  const client = await clientOf(t, gateway)
  assert.match(textOf(await client.tool("remote__test_simple_text")), /simple text/)
  await fixture.stop("SIGKILL")
  const { error, text } = await client.tool("remote__test_simple_text")
  assert.equal(error?.data?.["code"], "service_unavailable", text)
  assert.deepEqual(error.data["next"], { operation: "diagnose_service", arguments: { name: "remote" } })
  assert.ok((await listNames(client)).includes("remote__test_simple_text"))
  assert.deepEqual((await client.tool("hello__add", { a: 1, b: 2 })).result?.["structuredContent"], { sum: 3 })
  fixture = await start({
    args: ["test/fixtures/legacy/http.ts"],
    env: { PORT: new URL(url).port },
    ready: /^listening /,
  })
  const backMs = await eventually(
    "it serves again",
    async () => (await client.tool("remote__test_simple_text")).result !== undefined,
    15_000,
  )
  t.diagnostic(`served again ${backMs} ms after it was back`)
})

test(
  "LIF-05 a killed gateway leaves no child behind and goes on with its sessions, keys and files",
  limit,
  async (t) => {
    const gateway = await gatewayFor(t, { services: { hello, echo, stubborn } })
    const admin = await clientOf(t, gateway)
    await perform(admin, "register_service", {
      name: "made",
      url: "http://127.0.0.1:1/mcp",
      title: "Made by an operation",
    })
    const agentKey = await createAgent(gateway, "agent", { tools: { allow: ["hello__*"] } })
    const pipe = httpPipe(gateway.url, bearer(agentKey))
    const session = await openPeer(pipe, { era: "legacy" })
    assert.deepEqual((await session.tool("hello__add", { a: 1, b: 1 })).result?.["structuredContent"], { sum: 2 })
    const children = childrenOf(gateway.process.child.pid)
    assert.equal(children.length, 3, children.map(commandOf).join("\n"))
    t.after(() => children.filter(isAlive).forEach((pid) => process.kill(pid, "SIGKILL")))
    const files = await filesOf(gateway)

    await gateway.restart("SIGKILL")
    const goneMs = await eventually("its children are gone", () => !children.some(isAlive), orphanMs)
    t.diagnostic(`all children gone ${goneMs} ms after the next gateway listened`)
    assert.deepEqual(await filesOf(gateway), files)

    const resumed = httpPipe(gateway.url, bearer(agentKey), { sessionId: pipe.sessionId })
    await goesOn(resumed)
    const names = JSON.stringify(await perform(await clientOf(t, gateway), "list_principals"))
    assert.match(names, /"agent"/)
  },
)

test("children that heed the end of their stdin leave a killed gateway by themselves", limit, async (t) => {
  const gateway = await gatewayFor(t, { services: { hello, echo } })
  await clientOf(t, gateway)
  const children = childrenOf(gateway.process.child.pid)
  assert.equal(children.length, 2, children.map(commandOf).join("\n"))
  await gateway.process.stop("SIGKILL")
  await eventually("the children are gone", () => !children.some(isAlive), orphanMs)
})

test(
  "LIF-01 SIGTERM lets open calls finish, takes no new ones, ends the children and exits with 0",
  limit,
  async (t) => {
    const gateway = await gatewayFor(t, { services: { hello, stubborn } })
    const client = await clientOf(t, gateway)
    const listener = await clientOf(t, gateway)
    const listening = listener.call("subscriptions/listen", { notifications: { toolsListChanged: true } })
    const counting = client.tool("hello__countdown", { from: 15 }, { meta: { progressToken: 1 } })
    await client.until(({ method }) => method === "notifications/progress")
    const children = childrenOf(gateway.process.child.pid)
    const { child } = gateway.process
    const exited = once(child, "exit")
    child.kill("SIGTERM")
    assert.equal(textOf(await counting), "Lift-off!")
    assert.match((await listening).text, /"resultType":"complete".*"io.modelcontextprotocol\/subscriptionId":\d/)
    await assert.rejects(async () => {
      const { error, text } = await client.tool("hello__add", { a: 1, b: 2 })
      throw new Error(error ? "refused" : text)
    }, /refused|fetch failed|HTTP 503/)
    assert.deepEqual(await exited, [0, null])
    await eventually("the children are gone", () => !children.some(isAlive), orphanMs)
  },
)

test("LIF-04 a second signal ends the gateway at once", limit, async (t) => {
  const gateway = await gatewayFor(t, { services: { hello } })
  const client = await clientOf(t, gateway)
  const counting = client
    .tool("hello__countdown", { from: 100 }, { meta: { progressToken: 1 } })
    .catch(() => "gone")
  await client.until(({ method }) => method === "notifications/progress")
  const children = childrenOf(gateway.process.child.pid)
  const { child } = gateway.process
  const exited = once(child, "exit")
  child.kill("SIGTERM")
  await sleep(sameSignalMs)
  child.kill("SIGTERM")
  await exited
  assert.equal(await counting, "gone", "it does not wait for the open call")
  await eventually("the children are gone", () => !children.some(isAlive), orphanMs)
})

/** A modern client of the administrator, once all services were heard. */
async function clientOf(t: TestContext, gateway: TestGateway): Promise<Peer> {
  const client = await administratorOf(t, gateway)
  await listNames(client)
  return client
}

function childPid(gateway: TestGateway, script: string): number {
  const pid = childrenOf(gateway.process.child.pid).find((child) => commandOf(child).includes(script))
  assert.ok(pid, `a child runs ${script}`)
  return pid
}

/** A session that began before goes on without a new handshake. */
async function goesOn(pipe: HttpPipe): Promise<void> {
  const answered = Promise.withResolvers<string>()
  pipe.listen(answered.resolve)
  const params = { name: "hello__add", arguments: { a: 2, b: 2 } }
  await pipe.send({ jsonrpc: "2.0", id: 77, method: "tools/call", params })
  assert.match(await answered.promise, /"sum":4/)
}

async function filesOf(gateway: TestGateway): Promise<readonly string[]> {
  const folder = join(gateway.folder, "servers.d")
  const names = (await readdir(folder)).sort()
  return Promise.all(names.map(async (name) => `${name}: ${await readFile(join(folder, name), "utf8")}`))
}
