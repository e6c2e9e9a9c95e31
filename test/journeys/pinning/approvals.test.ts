import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { createAgent } from "../../support/rest.ts"
import { eventually } from "../eventually.ts"
import { bearer, httpPipe } from "../http-pipe.ts"
import { perform } from "../operations.ts"
import { openPeer, textOf, type Peer } from "../peer.ts"
import { plain } from "./definitions.ts"
import { assertServed, countServed, openPinned, relist, uses, type Pinned } from "./pinned-gateway.ts"

const limit = { timeout: 120_000 }
const [tool = ""] = plain.tools
const changedTool = tool.replace("Writes a note", "Writes a nоte") // with a letter that only looks the same
const newTool = tool.replace("write_note", "send_mail")

let pinned: Pinned

before(async () => {
  // So that an agent may name a service that is here.
  pinned = await openPinned({ args: ["--outbound-http", "--outbound-allow", "127.0.0.0/8"] })
}, limit)

after(() => pinned?.close())

type HeldItems = {
  readonly digest?: string
  readonly items: readonly {
    readonly name: string
    readonly state: string
    readonly differences: readonly {
      readonly member: string
      readonly was?: string
      readonly now?: string
      readonly at?: string
    }[]
  }[]
}

async function heldItems(admin: Peer, name: string): Promise<HeldItems> {
  return (await perform(admin, "list_held_items", { name })) as HeldItems
}

test("POI-10 a change that is taken back is served again, and has left its trace", limit, async (t) => {
  const { admin, clients, services } = pinned
  await assertServed(clients, "tools", "younger")
  const listener = await openPeer(httpPipe(pinned.gateway.url, bearer(pinned.gateway.key)))
  t.after(() => listener.close())
  listener.call("subscriptions/listen", { notifications: { toolsListChanged: true } }).catch(() => {})
  await listener.until(({ method }) => method === "notifications/subscriptions/acknowledged")
  const changesHeard = (): number =>
    listener.heard.filter(({ method }) => method?.endsWith("tools/list_changed")).length

  await relist(pinned, services.younger, { tools: [changedTool] })
  assert.equal(await countServed(clients, "tools", "younger"), 0)
  await eventually("who listens hears that it is gone", () => changesHeard() >= 1)
  await relist(pinned, services.younger, { tools: [tool] })
  await assertServed(clients, "tools", "younger")
  await eventually("who listens hears that it is back", () => changesHeard() >= 2)

  const { pins } = (await perform(admin, "get_server_details", { name: "younger" })) as {
    pins: { events: { what: string; names: string[] }[] }
  }
  assert.deepEqual(
    pins.events.map(({ what, names }) => [what, ...names]),
    [
      ["held", "tools/write_note"],
      ["returned", "tools/write_note"],
    ],
  )
})

test(
  "POI-11 POI-12 a change after the first call, or of what is listed to the next who asks, is not served",
  limit,
  async () => {
    const { clients, services } = pinned
    for (const client of clients) assert.ok((await uses.tools[0]?.(client, "younger"))?.result)
    // Nobody is told: what clients are given is what was approved, however often they ask.
    services.younger.definitions = { ...plain, tools: [changedTool] }
    for (const client of clients) assert.ok(!(await client.call("tools/list")).text.includes("nоte"))
    await relist(pinned, services.younger, {})
    assert.equal(await countServed(clients, "tools", "younger"), 0)
    await relist(pinned, services.younger, plain)
  },
)

test("POI-09 what is held back is read under no other spelling, and by no template", limit, async () => {
  const { clients, services } = pinned
  const [today = ""] = plain.resources
  const secret = today.replace("note://today", "day://secret")
  await relist(pinned, services.younger, { resources: [today, secret] })
  const used = services.younger.used.length
  for (const client of clients) {
    for (const uri of ["secret", "secret?", "secret#", "%73ecret", "./secret", "secret/", "SECRET", "secret?a=b"])
      for (const scheme of ["day", "DAY"]) {
        const { error } = await client.call("resources/read", { uri: `mcp://younger/${scheme}://${uri}` })
        assert.match(error?.message ?? "", /^Unknown resource/, uri)
      }
  }
  assert.equal(services.younger.used.length, used)
  await assertServed(clients, "templates", "younger")
  await assertServed(clients, "resources", "younger")
  await relist(pinned, services.younger, plain)
})

test("POI-11 a call under way when its tool changes is answered, and the next is refused", limit, async () => {
  const { admin, services } = pinned
  const used = services.younger.used.length
  const { promise, resolve } = Promise.withResolvers<void>()
  services.younger.waits = promise
  const open = admin.tool("younger__write_note", { text: "x" })
  await eventually("the service works on it", () => services.younger.used.length === used + 1)
  await relist(pinned, services.younger, { tools: [changedTool] })
  assert.match((await admin.tool("younger__write_note", { text: "x" })).error?.message ?? "", /^Unknown tool/)
  resolve()
  assert.equal(textOf(await open), "done")
  assert.equal(services.younger.used.length, used + 1)
  await relist(pinned, services.younger, plain)
})

/** What an agent may not do alone, once the administrator has agreed. */
async function approvedPlan(agent: Peer, operation: string, input: object): Promise<unknown> {
  const { plan: id, digest } = (await agent.tool(operation, input)).error?.data ?? {}
  await perform(pinned.admin, "approve_plan", { id, digest })
  return id
}

test("AGT-09 what an agent registers offers nothing until somebody approves it", limit, async (t) => {
  const { admin, services, gateway } = pinned
  const key = await createAgent(gateway, "newcomer", { permissions: ["configure"], tools: { allow: ["*"] } })
  const agent = await openPeer(httpPipe(gateway.url, bearer(key)))
  t.after(() => agent.close())
  const { url } = services.younger
  const loose = await agent.tool("register_service", { name: "found", url, pin: "off" })
  assert.match(loose.text, /forbidden|is pinned with/)
  await perform(agent, "apply_plan", { id: await approvedPlan(agent, "register_service", { name: "found", url }) })
  for (const peer of [admin, agent]) assert.equal(await countServed([peer], "tools", "found"), 0)
  const { digest } = await heldItems(agent, "found")
  const id = await approvedPlan(agent, "approve_tools", { name: "found", digest })
  assert.equal(await countServed([admin], "tools", "found"), 0)
  await perform(agent, "apply_plan", { id })
  await assertServed([admin], "tools", "found")
})

test(
  "POI-09 what is held back is an issue, is shown in both texts, and is served once approved as shown",
  limit,
  async () => {
    const { admin, clients, services, gateway } = pinned
    await relist(pinned, services.elder, { tools: [changedTool, newTool] })
    const { issues } = (await perform(admin, "list_issues", { service: "elder" })) as {
      issues: { next: unknown }[]
    }
    assert.deepEqual(
      issues.map(({ next }) => next),
      [{ operation: "approve_tools", arguments: { name: "elder" } }],
    )
    const { tools } = (await perform(admin, "get_service_tools", { name: "elder" })) as {
      tools: { ownName: string; approval: string; callable: boolean }[]
    }
    assert.deepEqual(
      tools.map(({ ownName, approval, callable }) => [ownName, approval, callable]),
      [
        ["send_mail", "pending", false],
        ["write_note", "changed", false],
      ],
    )
    const { digest, items } = await heldItems(admin, "elder")
    const [pending, changed] = items
    assert.equal(pending?.state, "pending")
    assert.deepEqual(
      changed?.differences.map(({ member, was, at }) => [member, was, at]),
      [
        [
          "description",
          '"Writes a note and says what was written."',
          'From character 11: "o" (U+006F) became "о" (U+043E).',
        ],
      ],
    )

    const anew = { tools: [changedTool, newTool.replace("calm", "cold")] }
    await relist(pinned, services.elder, anew)
    const late = await admin.tool("approve_tools", { name: "elder", digest })
    assert.match(late.text, /"code": ?"conflict"|no longer what this digest stands for/)
    assert.equal(await countServed(clients, "tools", "elder"), 0)

    const now = await heldItems(admin, "elder")
    const approved = await perform(admin, "approve_tools", { name: "elder", digest: now.digest })
    assert.deepEqual((approved["added"] as string[]).sort(), ["elder__send_mail", "elder__write_note"])
    await assertServed(clients, "tools", "elder")
    await gateway.restart()
    await eventually("it is listed again", async () => (await countServed([admin], "tools", "elder")) === 2)
    await relist(pinned, services.elder, { tools: [tool] })
    assert.equal(await countServed([admin], "tools", "elder"), 0, "the text before it is approved no more")
    await relist(pinned, services.elder, anew)
  },
)

test(
  "POI-13 a change while the gateway is down is not served, nor what was listed before while the service is",
  limit,
  async () => {
    const { admin, clients, services, gateway } = pinned
    for (const name of ["elder", "younger"]) await assertServed(clients, "prompts", name)
    const [prompt = ""] = plain.prompts
    const prompts = [prompt.replace("Asks", "Begs")]
    const stopped = gateway.restart()
    for (const service of Object.values(services)) service.definitions = { ...service.definitions, prompts }
    await stopped
    for (const name of ["elder", "younger"]) {
      await eventually("it was heard", async () => (await heldItems(admin, name)).items.length === 1)
      assert.equal(await countServed([admin], "prompts", name), 0)
      await assertServed([admin], "resources", name)
    }
    await services.younger.close()
    services.younger.close = async () => {}
    await gateway.restart()
    assert.equal(
      await countServed([admin], "prompts", "younger"),
      0,
      "lists of an earlier time are held to it too",
    )
  },
)
