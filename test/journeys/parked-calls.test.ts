/** Calls of modern clients that wait at legacy services: a real server's, and those whose client never comes back. */
import assert from "node:assert/strict"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { root, start, urlIn, type Running } from "../support/process.ts"
import { createAgent } from "../support/rest.ts"
import { childrenOf } from "./child-processes.ts"
import { eventually } from "./eventually.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { listNames, openPeer, textOf, type Message, type Peer } from "./peer.ts"
import { askedIn, callInRounds } from "./rounds.ts"

const limit = { timeout: 120_000 }
const capabilities = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }
/** Long enough for a busy machine to start a program of ann's own and park eight calls. */
const parkedMs = 6_000

let elder: Running
let gateway: TestGateway
let keys: readonly string[]

before(async () => {
  elder = await start({ args: ["test/fixtures/legacy/http.ts"], env: { PORT: "0" }, ready: /^listening / })
  const isolation = "principal"
  gateway = await startGateway({
    services: {
      elder: { url: urlIn(elder.line) },
      own: { command: "node", args: [join(root, "test/fixtures/legacy/stdio.ts")], isolation },
      everything: {
        command: "node",
        args: [join(root, "node_modules/@modelcontextprotocol/server-everything/dist/index.js"), "stdio"],
        isolation,
      },
    },
    args: ["--limits-parked-ms", String(parkedMs), "--limits-parked-per-principal", "8"],
  })
  const grants = { tools: { allow: ["*"] } }
  keys = await Promise.all(["ann", "bob"].map((name) => createAgent(gateway, name, grants)))
}, limit)

after(async () => {
  await gateway?.stop()
  await elder?.stop()
})

async function open(key = 0): Promise<Peer> {
  const peer = await openPeer(httpPipe(gateway.url, bearer(keys[key] ?? "")), { capabilities })
  await listNames(peer) // waits until all were heard
  return peer
}

function answer({ method, params = {} }: Message): object {
  if (method === "roots/list") return { roots: [{ uri: "file:///home/ann", name: "home" }] }
  if (method === "sampling/createMessage")
    return {
      role: "assistant",
      model: "m",
      stopReason: "endTurn",
      content: { type: "text", text: "as Ann would say" },
    }
  return params["mode"] === "url"
    ? { action: "accept" }
    : { action: "accept", content: { name: "Ann", check: true } }
}

const invalid = (reply: Message): void => {
  assert.equal(reply.error?.code, -32602)
  assert.equal(reply.error.message, "Invalid or expired requestState.")
  assert.equal(reply.error.data?.["code"], "invalid")
}

test("the tools of server-everything that ask work for a modern client", limit, async (t) => {
  const ann = await open()
  t.after(() => ann.close())
  await eventually("the asking tools are listed", async () =>
    (await listNames(ann)).includes("everything__trigger-elicitation-request"),
  )
  const calls: readonly (readonly [string, object, RegExp])[] = [
    ["trigger-elicitation-request", {}, /Ann/],
    ["trigger-sampling-request", { prompt: "Who?", maxTokens: 50 }, /as Ann would say/],
    ["get-roots-list", {}, /file:\/\/\/home\/ann/],
    ["trigger-long-running-operation", { duration: 0.3, steps: 3 }, /completed/i],
  ]
  for (const [tool, values, expected] of calls) {
    const reply = await callInRounds(ann, `everything__${tool}`, values, { answer })
    assert.match(JSON.stringify(reply.result?.["content"]), expected, `${tool}: ${reply.text}`)
  }
})

test("RES-07 calls whose client does not come back are over, with nothing left of them", limit, async (t) => {
  const ann = await open()
  t.after(() => ann.close())
  const names = [...Array<string>(6).fill("elder__test_elicitation"), "own__test_elicitation"]
  const park = (): Promise<unknown[]> =>
    Promise.all(
      names.map(async (name) => {
        const asked = askedIn(await ann.tool(name, { message: "Who?" }))
        assert.ok(asked)
        return asked.requestState
      }),
    )
  const states = await park()
  const processes = childrenOf(gateway.process.child.pid).length
  assert.ok(askedIn(await ann.tool("elder__test_elicitation", { message: "Who?" })))
  const { error } = await ann.tool("elder__test_elicitation", { message: "Who?" })
  assert.equal(error?.data?.["code"], "overloaded")
  await sleep(parkedMs + 300)
  const inputResponses = { "question-1": { action: "cancel" } }
  for (const [at, requestState] of states.entries()) {
    const retry = { name: names[at], arguments: { message: "Who?" }, inputResponses, requestState }
    invalid(await ann.call("tools/call", retry))
  }
  await park() // there is room for as many again
  assert.equal(childrenOf(gateway.process.child.pid).length, processes)
})

test(
  "the state of a parked call is nothing to another principal, for another call, a second time, or after a restart",
  limit,
  async (t) => {
    const [ann, bob] = [await open(), await open(1)]
    t.after(() => Promise.all([ann.close(), bob.close()]))
    const name = "own__test_elicitation"
    const inputResponses = { "question-1": { action: "decline" } }
    const park = async () => {
      let asked: ReturnType<typeof askedIn>
      await eventually(
        "it is parked",
        async () => (asked = askedIn(await ann.tool(name, { message: "Who?" }))) !== undefined,
      )
      return { name, arguments: { message: "Who?" }, inputResponses, requestState: asked?.requestState }
    }
    const retry = await park()
    invalid(await bob.call("tools/call", retry))
    invalid(await ann.call("tools/call", { ...retry, name: "own__test_elicitation_sep1034_defaults" }))
    invalid(await ann.call("tools/call", { ...retry, arguments: { message: "What?" } }))
    assert.match(textOf(await ann.call("tools/call", retry)), /action=decline/)
    invalid(await ann.call("tools/call", retry))
    const lost = await park()
    await gateway.restart()
    const again = await open()
    t.after(() => again.close())
    invalid(await again.call("tools/call", lost))
  },
)
