/** Questions of services, and the states that stand for them: each belongs to one client and one call. */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { start, urlIn, type Running } from "../support/process.ts"
import { createAgent } from "../support/rest.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { listNames, openPeer, textOf, type Peer, type PeerOptions } from "./peer.ts"
import { webSocketPipe } from "./websocket-pipe.ts"

const limit = { timeout: 120_000 }

let asking: Running
let elder: Running
let gateway: TestGateway
let keys: readonly string[]

before(async () => {
  const fixtures = ["modern", "legacy"].map((era) =>
    start({ args: [`test/fixtures/${era}/http.ts`], env: { PORT: "0" }, ready: /^listening / }),
  )
  ;[asking, elder] = (await Promise.all(fixtures)) as [Running, Running]
  gateway = await startGateway({
    services: { asking: { url: urlIn(asking.line) }, elder: { url: urlIn(elder.line) } },
  })
  const grants = { tools: { allow: ["*"] } }
  keys = await Promise.all(["ann", "bob", "cat", "dan"].map((name) => createAgent(gateway, name, grants)))
  const client = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  await listNames(client) // waits until both were heard
  await client.close()
}, limit)

after(async () => {
  await gateway?.stop()
  await Promise.all([asking, elder].map((running) => running?.stop()))
})

test("what a service asks reaches the client whose call it is about, and no other", limit, async (t) => {
  const clients = (await Promise.all(keys.map(askableClientsOf))).flat()
  t.after(() => Promise.all(clients.map((client) => client.close())))
  const letters = ["a", "b", "c"]
  const calls = clients.flatMap((client, index) =>
    letters.map(async (letter) => {
      const nonce = `nonce-${index}-${letter}`
      const text = textOf(await client.tool("elder__test_elicitation", { message: nonce }))
      assert.match(text, new RegExp(`"answer ${index} to ${nonce}"`))
    }),
  )
  await Promise.all(calls)
  for (const [index, { heard }] of clients.entries()) {
    const asked = heard.filter(({ method }) => method === "elicitation/create")
    const messages = asked.map(({ params }) => String(params?.["message"])).sort()
    assert.deepEqual(
      messages,
      letters.map((letter) => `nonce-${index}-${letter}`),
    )
  }
})

/** Legacy clients with a user behind them, who signs each answer. */
function askableClientsOf(key: string, keyIndex: number): Promise<readonly Peer[]> {
  const headers = bearer(key)
  const options = (place: number): PeerOptions => ({
    era: "legacy",
    capabilities: { elicitation: {} },
    answer: ({ params }) => {
      const username = `answer ${keyIndex * 3 + place} to ${String(params?.["message"])}`
      return { action: "accept", content: { username, email: "a@b.example" } }
    },
  })
  return Promise.all([
    openPeer(httpPipe(gateway.url, headers), options(0)),
    openPeer(httpPipe(gateway.url, headers), options(1)),
    webSocketPipe(gateway.url, headers).then((pipe) => openPeer(pipe, options(2))),
  ])
}

test(
  "the state of a call that asked for input is worth nothing to anybody else, or for another call",
  limit,
  async (t) => {
    const peers = keys
      .slice(0, 2)
      .map((key) => openPeer(httpPipe(gateway.url, bearer(key)), { capabilities: { elicitation: {} } }))
    const [ann, bob] = await Promise.all(peers)
    assert.ok(ann && bob)
    t.after(() => Promise.all([ann.close(), bob.close()]))
    const name = "asking__test_input_required_result_request_state"
    const asked = await ann.tool(name)
    assert.equal(asked.result?.["resultType"], "input_required", asked.text)
    const inputResponses = { confirm: { action: "accept", content: { ok: true } } }
    const retry = { name, arguments: {}, inputResponses, requestState: asked.result["requestState"] }
    const other = { ...retry, name: "asking__test_input_required_result_tampered_state" }
    assert.match((await bob.call("tools/call", retry)).error?.message ?? "", /requestState/)
    assert.match((await ann.call("tools/call", other)).error?.message ?? "", /requestState/)
    assert.match(textOf(await ann.call("tools/call", retry)), /^state-ok/)
  },
)
