/** The gateway governed by an agent: everything here goes through MCP, nothing through REST or the command line. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { start, urlIn, type Running } from "../support/process.ts"
import { eventually } from "./eventually.ts"
import { freePort } from "./free-port.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { perform } from "./operations.ts"
import { listNames, openPeer, textOf, type Message, type Peer } from "./peer.ts"

const limit = { timeout: 120_000 }
const simple = "tools__test_simple_text"
const failing = "tools__test_error_handling"
const image = "tools__test_image_content"

let fixture: Running
let gateway: TestGateway
let admin: Peer

before(async () => {
  fixture = await start({ args: ["test/fixtures/modern/http.ts"], env: { PORT: "0" }, ready: /^listening / })
  gateway = await startGateway()
  admin = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
}, limit)

after(async () => {
  await admin?.close()
  await gateway?.stop()
  await fixture?.stop()
})

test(
  "a service is registered, used, toggled off and on, and listeners of both eras hear of it",
  limit,
  async (t) => {
    const registered = await perform(admin, "register_service", { name: "tools", url: urlIn(fixture.line) })
    assert.match(JSON.stringify(registered), /test_simple_text/, "the answer shows the new tools")
    assert.ok((await listNames(admin)).includes(simple))
    assert.match(textOf(await admin.tool(simple)), /simple text response/)

    const [modern, legacy] = [await listenModern(gateway.key), await listenLegacy(gateway.key)]
    await perform(admin, "create_principal", { name: "bystander", kind: "agent" })
    const { key } = (await perform(admin, "create_key", { principal: "bystander" })) as { key: string }
    const bystanders = [await listenModern(key), await listenLegacy(key)]
    t.after(() => Promise.all([modern, legacy, ...bystanders].map((listener) => listener.close())))

    await perform(admin, "toggle_service", { name: "tools", enabled: false })
    await eventually("its tools are gone", async () => !(await listNames(admin)).includes(simple))
    assert.match((await admin.tool(simple)).error?.message ?? "", /^Unknown tool/)
    await Promise.all([modern, legacy].map((listener) => hears(listener, 1)))

    await perform(admin, "toggle_service", { name: "tools", enabled: true })
    await eventually("its tools are back", async () => (await listNames(admin)).includes(simple))
    assert.match(textOf(await admin.tool(simple)), /simple text response/)
    await Promise.all([modern, legacy].map((listener) => hears(listener, 2)))
    assert.deepEqual(bystanders.map(changesHeardBy), [0, 0], "who cannot see the tools does not hear of them")
  },
)

test("a dead service is diagnosed down to the step that fails", limit, async () => {
  const port = await freePort()
  await perform(admin, "register_service", { name: "dead", url: `http://127.0.0.1:${port}/mcp` })
  const diagnosis = await perform(admin, "diagnose_service", { name: "dead" })
  const steps = diagnosis["steps"] as readonly { readonly step: string; readonly ok: boolean }[]
  assert.deepEqual(
    steps.filter(({ ok }) => !ok).map(({ step }) => step),
    ["tcp"],
    JSON.stringify(diagnosis),
  )
  const { services } = (await perform(admin, "list_services")) as {
    services: readonly { name: string; state: string }[]
  }
  assert.equal(services.find(({ name }) => name === "dead")?.state, "down")
  await perform(admin, "remove_service", { name: "dead" })
})

test("an agent with two tools lists and calls these two and nothing else", limit, async (t) => {
  await perform(admin, "create_principal", {
    name: "helper",
    kind: "agent",
    grants: { tools: { allow: [simple, failing] } },
  })
  const { key } = (await perform(admin, "create_key", { principal: "helper" })) as { key: string }
  for (const era of ["modern", "legacy"] as const) {
    const agent = await openPeer(httpPipe(gateway.url, bearer(key)), { era })
    t.after(() => agent.close())
    assert.deepEqual(await listNames(agent), [failing, simple])
    assert.match(textOf(await agent.tool(simple)), /simple text response/)
    assert.equal((await agent.tool(failing)).result?.["isError"], true)
    const unknown = refusalOf(await agent.tool("tools__nothing"), "tools__nothing")
    assert.deepEqual(refusalOf(await agent.tool(image), image), unknown)
    assert.deepEqual(refusalOf(await agent.tool("list_services"), "list_services"), unknown)
    assert.deepEqual(refusalOf(await agent.tool("create_key", { principal: "admin" }), "create_key"), unknown)
    assert.deepEqual(await listNames(agent, "prompts"), [])
    assert.deepEqual(await listNames(agent, "resources"), [])
  }
})

test("an agent may see no more of one service's own endpoint than of the endpoint of all", limit, async (t) => {
  const { key } = (await perform(admin, "create_key", { principal: "helper" })) as { key: string }
  const agent = await openPeer(httpPipe(`${gateway.url}/tools`, bearer(key)))
  t.after(() => agent.close())
  assert.deepEqual(await listNames(agent), ["test_error_handling", "test_simple_text"])
  assert.match((await agent.tool("test_image_content")).error?.message ?? "", /^Unknown tool/)
  const elsewhere = await openPeer(httpPipe(`${gateway.url}/nowhere`, bearer(key)))
  t.after(() => elsewhere.close())
  assert.ok((await elsewhere.call("server/discover")).error)
})

async function listenModern(key: string): Promise<Peer> {
  const peer = await openPeer(httpPipe(gateway.url, bearer(key)))
  peer.call("subscriptions/listen", { notifications: { toolsListChanged: true } }).catch(() => {})
  await peer.until(({ method }) => method === "notifications/subscriptions/acknowledged")
  return peer
}

async function listenLegacy(key: string): Promise<Peer> {
  const pipe = httpPipe(gateway.url, bearer(key))
  const peer = await openPeer(pipe, { era: "legacy" })
  await pipe.openStream()
  return peer
}

async function hears(listener: Peer, times: number): Promise<void> {
  await eventually(`a listener hears of ${times} changes`, () => changesHeardBy(listener) >= times)
}

function changesHeardBy({ heard }: Peer): number {
  return heard.filter(({ method }) => method === "notifications/tools/list_changed").length
}

/** An error with the name that was asked for left out. */
/** Without the id of its entry, which each has for itself. */
function refusalOf({ error }: Message, name: string): object {
  const { callId, ...data } = error?.data ?? {}
  assert.equal(typeof callId, "string")
  return JSON.parse(JSON.stringify({ ...error, data }).replaceAll(name, "*")) as object
}
