/** Clients of both eras before services of both eras, over HTTP and stdio: whatever a service asks reaches its client. */
import assert from "node:assert/strict"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { root, start, urlIn, type Running } from "../support/process.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { listNames, openPeer, textOf, type Message, type Peer, type Reply } from "./peer.ts"
import { callInRounds } from "./rounds.ts"

const limit = { timeout: 120_000 }
const everything = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }
const fixture = (era: string): object => ({ command: "node", args: [join(root, `test/fixtures/${era}/stdio.ts`)] })

let running: readonly Running[]
let gateway: TestGateway

before(async () => {
  const fixtures = ["modern", "legacy"].map((era) =>
    start({ args: [`test/fixtures/${era}/http.ts`], env: { PORT: "0" }, ready: /^listening / }),
  )
  running = await Promise.all(fixtures)
  const [modern, legacy] = running.map(({ line }) => ({ url: urlIn(line) }))
  const services = {
    "modern-http": modern,
    "modern-stdio": fixture("modern"),
    "legacy-http": legacy,
    "legacy-own": { ...fixture("legacy"), isolation: "principal" },
    "legacy-session": { ...fixture("legacy"), isolation: "session" },
    "legacy-shared": fixture("legacy"),
  }
  gateway = await startGateway({ services })
  const client = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  await listNames(client) // waits until all were heard
  await client.close()
}, limit)

after(async () => {
  await gateway?.stop()
  await Promise.all((running ?? []).map((each) => each.stop()))
})

/** Answers with what tells one question from another. */
function answer({ method, params = {} }: Message): object {
  if (method === "roots/list") return { roots: [{ uri: "file:///home/ann", name: "home" }] }
  if (method === "sampling/createMessage")
    return {
      role: "assistant",
      model: "m",
      stopReason: "endTurn",
      content: { type: "text", text: "Paris, of course" },
    }
  if (params["mode"] === "url") return { action: "accept" }
  const { properties } = params["requestedSchema"] as { properties: Record<string, { type: string }> }
  const content = Object.entries(properties).map(([name, { type }]) => [
    name,
    type === "boolean" ? true : `my ${name}`,
  ])
  return { action: "accept", content: Object.fromEntries(content) }
}

type Call = (name: string, values?: object) => Promise<Reply>

type Kind = {
  readonly era: "modern" | "legacy"
  readonly open: (capabilities: object) => Promise<{ peer: Peer; call: Call }>
}

const kinds: readonly Kind[] = [
  {
    era: "modern",
    open: async (capabilities) => {
      const peer = await openPeer(httpPipe(gateway.url, bearer(gateway.key)), { capabilities })
      return { peer, call: (name, values = {}) => callInRounds(peer, name, values, { answer }) }
    },
  },
  {
    era: "legacy",
    open: async (capabilities) => {
      const peer = await openPeer(httpPipe(gateway.url, bearer(gateway.key)), {
        era: "legacy",
        capabilities,
        answer,
      })
      return { peer, call: (name, values = {}) => peer.tool(name, values) }
    },
  },
]

const questions: readonly (readonly [string, object, RegExp])[] = [
  ["test_elicitation", { message: "Who?" }, /action=accept.*my username/],
  ["test_sampling", { prompt: "Capital?" }, /Paris, of course/],
  ["test_input_required_result_list_roots", {}, /file:\/\/\/home\/ann/],
  ["test_input_required_result_multiple_inputs", {}, /(?=.*my name)(?=.*Paris)(?=.*file:\/\/\/home\/ann)/],
  ["test_input_required_result_multi_round", {}, /my name likes my color/],
  ["test_url_elicitation", { call: "1" }, /action=accept/],
]

for (const { era, open } of kinds) {
  for (const service of ["modern-http", "modern-stdio", "legacy-http", "legacy-own", "legacy-session"]) {
    test(`a ${era} client is asked all that ${service} wants to know`, limit, async (t) => {
      const { peer, call } = await open(everything)
      t.after(() => peer.close())
      for (const [tool, values, expected] of questions)
        assert.match(textOf(await call(`${service}__${tool}`, values)), expected, tool)
      assert.deepEqual(peer.strays, [])
    })
  }

  test(
    `a ${era} client that cannot be asked is asked nothing, and its service is told at once`,
    limit,
    async (t) => {
      const { peer, call } = await open({})
      t.after(() => peer.close())
      for (const service of ["modern-http", "modern-stdio", "legacy-http", "legacy-own", "legacy-shared"]) {
        const { result, error } = await call(`${service}__test_elicitation`, { message: "Who?" })
        assert.ok(error ?? result?.["isError"], service)
      }
      assert.deepEqual(
        peer.heard.filter(({ id }) => id !== undefined),
        [],
      )
    },
  )

  test(`over a program that callers share a ${era} client is asked nothing`, limit, async (t) => {
    const { peer, call } = await open(everything)
    t.after(() => peer.close())
    const { result, error } = await call("legacy-shared__test_elicitation", { message: "Who?" })
    assert.ok(error ?? result?.["isError"])
  })
}

test(
  "a call refused until a page was opened goes on for a modern client, and is an error to a legacy one",
  limit,
  async (t) => {
    const [modern, legacy] = await Promise.all(kinds.map(({ open }) => open(everything)))
    assert.ok(modern && legacy)
    t.after(() => Promise.all([modern.peer.close(), legacy.peer.close()]))
    assert.equal(
      textOf(await modern.call("legacy-http__test_url_required", { call: "modern" })),
      "The user was there",
    )
    const { error } = await legacy.call("legacy-http__test_url_required", { call: "legacy" })
    assert.equal(error?.code, -32042)
    assert.ok(Array.isArray(error?.data?.["elicitations"]))
  },
)

test("a legacy client hears that the page it was sent to by a modern service is done with", limit, async (t) => {
  const [, kind] = kinds
  assert.ok(kind)
  const { peer, call } = await kind.open(everything)
  t.after(() => peer.close())
  assert.match(textOf(await call("modern-http__test_url_elicitation", { call: "2" })), /action=accept/)
  const asked = peer.heard.find(({ method }) => method === "elicitation/create")
  const done = peer.heard.find(({ method }) => method === "notifications/elicitation/complete")
  assert.ok(asked?.params?.["elicitationId"])
  assert.equal(done?.params?.["elicitationId"], asked.params["elicitationId"])
})
