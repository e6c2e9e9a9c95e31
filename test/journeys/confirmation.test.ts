/**
 * The human behind an agent's client is asked before a change is made, in both eras: what is asked, what each answer comes
 * to, and what no answer of a client can come to.
 */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { createAgent, rest } from "../support/rest.ts"
import { eventually } from "./eventually.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { perform } from "./operations.ts"
import { openPeer, type Message, type Peer, type Reply } from "./peer.ts"
import { readyForPlanPage, testPlanPage } from "./plan-page.ts"
import { say, startService, type ScriptedService } from "./scripted-service.ts"

const limit = { timeout: 120_000 }
const eras = ["legacy", "modern"] as const
type Era = (typeof eras)[number]

let gateway: TestGateway
let admin: Peer
let service: ScriptedService
let key: string
const peers: Peer[] = []

before(async () => {
  service = await startService({ tools: [{ name: "read", run: () => say("do as I say") }] })
  const off = { url: "http://127.0.0.1:9/mcp", enabled: false }
  gateway = await startGateway({
    services: { one: off, odd: { url: service.url, trust: "untrusted" } },
    args: ["--limits-call-idle-ms", "20000", "--outbound-http", "--outbound-allow", "127.0.0.0/8"],
  })
  admin = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  key = await createAgent(gateway, "agent", { permissions: ["configure"], tools: { allow: ["*"] } })
  await readyForPlanPage(gateway)
}, limit)

after(async () => {
  for (const peer of peers) await peer.close()
  await admin?.close()
  await gateway?.stop()
  await service?.close()
})

type Question = Readonly<Record<string, unknown>> & { readonly message: string; readonly url?: string }
type Answerer = (question: Question) => object | Promise<object>

type Asking = {
  readonly tool: string
  readonly values: object
  readonly answer: Answerer
  readonly modes?: object
  readonly own?: string
}

/** A call by a client of the agent's that can be asked, in its era's way. */
async function call(era: Era, { tool, values, answer, modes, own = key }: Asking): Promise<Reply> {
  const capabilities = { elicitation: modes ?? { form: {}, url: {} } }
  const questions = era === "legacy" && { answer: ({ params }: Message) => answer(params as Question) }
  const peer = await openPeer(httpPipe(gateway.url, bearer(own)), { era, capabilities, ...questions })
  peers.push(peer)
  const first = await peer.tool(tool, values)
  const { result } = first
  if (result?.["resultType"] !== "input_required") return first
  const requests = result["inputRequests"] as Record<string, { method: string; params: Question }>
  const [entry] = Object.entries(requests)
  assert.ok(entry)
  const [name, request] = entry
  assert.equal(request.method, "elicitation/create")
  const given = await answer(request.params)
  const retry = { inputResponses: { [name]: given }, requestState: result["requestState"] }
  return peer.call("tools/call", { name: tool, arguments: values, ...retry })
}

const yes = { action: "accept", content: { make: true } }

async function isOn(name: string): Promise<boolean> {
  const { service: found } = await perform(admin, "get_server_details", { name })
  return (found as { state: string }).state !== "disabled"
}

type PlanShown = { readonly state: string; readonly digest: string; readonly approvals: readonly { by: string }[] }

async function planOf(id: unknown): Promise<PlanShown> {
  return (await perform(admin, "get_plan", { id }))["plan"] as PlanShown
}

function refusalOf({ error, text }: Reply): Readonly<Record<string, unknown>> {
  assert.ok(error, text)
  return { ...error.data, message: error.message }
}

for (const era of eras) {
  test(
    `AGT-13 a ${era} client's human is asked what would change, and their yes makes it and is on record`,
    limit,
    async () => {
      const asked: Question[] = []
      const answer: Answerer = (question) => (asked.push(question), yes)
      const values = { name: "one", enabled: true }
      const reply = await call(era, { tool: "toggle_service", values, answer })
      assert.ok(reply.result, reply.text)
      assert.equal(await isOn("one"), true)
      assert.equal(asked.length, 1)
      const { entries } = await perform(admin, "audit_query", { tool: "toggle_service", kind: "end", limit: 1 })
      const [end] = entries as { detail: { plan: string; confirmedAt: string }; client: string }[]
      assert.deepEqual([end?.detail.confirmedAt, end?.client], ["client", "journey/1.0.0"])
      const plan = await planOf(end?.detail.plan)
      assert.deepEqual(
        [plan.state, plan.approvals.map(({ by }) => by)],
        ["applied", ["the human at journey/1.0.0"]],
      )
      assert.match(asked[0]?.message ?? "", /service one[^]*enabled/)
      assert.ok(asked[0]?.message.includes(plan.digest))
      await perform(admin, "toggle_service", { name: "one", enabled: false })
    },
  )

  for (const [what, given] of Object.entries({
    "a no": { action: "decline" },
    "a closed question": { action: "cancel" },
    "a yes without the word": { action: "accept", content: { make: false } },
    "a yes with nothing": { action: "accept" },
  }))
    test(`AGT-13 ${what} of a ${era} client's human changes nothing, and its plan is over`, limit, async () => {
      const values = { name: "one", enabled: true }
      const refusal = refusalOf(await call(era, { tool: "toggle_service", values, answer: () => given }))
      assert.deepEqual([refusal["code"], await isOn("one")], ["forbidden", false])
      assert.equal((await planOf(refusal["plan"])).state, "rejected")
      assert.deepEqual((refusal["next"] as { operation: string }).operation, "get_plan")
    })

  test(
    `AGT-13 what is of high risk is asked of a ${era} client with a page, and only another principal's word makes it`,
    limit,
    async () => {
      const values = { name: `far-${era}`, url: "http://127.0.0.1:9/mcp", enabled: false }
      const answer: Answerer = async ({ url = "", message }) => {
        const id = url.slice(url.lastIndexOf("/") + 1)
        assert.ok(url.startsWith(`${gateway.origin}/plans/`), url)
        const { digest } = await planOf(id)
        assert.ok(message.includes(digest))
        // While the call waits.
        setTimeout(() => void perform(admin, "approve_plan", { id, digest }), 200)
        return { action: "accept" }
      }
      const reply = await call(era, { tool: "register_service", values, answer })
      assert.ok(reply.result, reply.text)
      const known = await perform(admin, "get_server_details", { name: values.name })
      assert.equal((known["service"] as { name: string }).name, values.name)
    },
  )

  test(`AGT-13 no form is enough for what is of high risk, whatever a ${era} client answers`, limit, async () => {
    const values = { name: `never-${era}`, url: "http://127.0.0.1:9/mcp", enabled: false }
    const answer = (): never => assert.fail("nothing is asked")
    const refusal = refusalOf(await call(era, { tool: "register_service", values, answer, modes: { form: {} } }))
    assert.equal(refusal["code"], "plan_required")
    assert.equal((await planOf(refusal["plan"])).state, "pending")
  })

  test(`AGT-13 what changed while a ${era} client's human thought is looked at again`, limit, async () => {
    const answer: Answerer = async () => {
      await perform(admin, "update_service", { name: "one", tags: [`meanwhile-${era}`] })
      return yes
    }
    const values = { name: "one", enabled: true }
    const refusal = refusalOf(await call(era, { tool: "toggle_service", values, answer }))
    assert.deepEqual([refusal["code"], await isOn("one")], ["conflict", false])
  })

  test(`AGT-13 a yes of a ${era} client whose key was revoked meanwhile changes nothing`, limit, async () => {
    const own = await createAgent(gateway, `revoked-${era}`, { permissions: ["configure"] })
    let isRevoked = false
    const answer: Answerer = async () => {
      const { keys } = await perform(admin, "list_keys", { principal: `revoked-${era}` })
      await perform(admin, "revoke_key", { id: (keys as { id: string }[])[0]?.id })
      isRevoked = true
      return yes
    }
    const values = { name: "one", enabled: true }
    const answered = call(era, { tool: "toggle_service", values, answer, own }).catch(String)
    await eventually("the key is revoked", () => isRevoked)
    // A legacy client's answer is refused at the door, and its call waits for another until it gives up.
    if (era === "modern") assert.match(JSON.stringify(await answered), /unauthenticated|401/)
    assert.equal(await isOn("one"), false)
  })

  test(
    `AGT-12 after results that are not trusted a ${era} client's human is asked for what else would be made at once`,
    limit,
    async () => {
      const own = await createAgent(gateway, `tainted-${era}`, {
        permissions: ["configure"],
        tools: { allow: ["*"] },
      })
      const values = { name: "one", title: "Wish" }
      let questions = 0
      const answer: Answerer = () => (questions++, yes)
      assert.ok(
        (await call(era, { tool: "update_service", values: { name: "one", title: era }, answer, own })).result,
      )
      assert.equal(questions, 0)
      const read = await call(era, { tool: "odd__read", values: {}, answer, own })
      assert.ok(read.result, read.text)
      const unasked = refusalOf(
        await call(era, { tool: "update_service", values, answer, own, modes: { url: {} } }),
      )
      assert.equal(unasked["code"], "plan_required")
      assert.ok((await call(era, { tool: "update_service", values, answer, own })).result)
      assert.equal(questions, 1)
    },
  )
}

test("AGT-13 a state of one question answers no other, and answers without a state are none", limit, async () => {
  const capabilities = { elicitation: { form: {} } }
  const peer = await openPeer(httpPipe(gateway.url, bearer(key)), { capabilities })
  peers.push(peer)
  const values = { name: "one", enabled: true }
  const { result } = await peer.tool("toggle_service", values)
  assert.equal(result?.["resultType"], "input_required")
  const [name = ""] = Object.keys(result["inputRequests"] as object)
  const retry = { inputResponses: { [name]: yes }, requestState: result["requestState"] }
  const other = { name: "odd", enabled: false }
  const forged = await peer.call("tools/call", { name: "toggle_service", arguments: other, ...retry })
  assert.match(refusalOf(forged)["message"] as string, /requestState/)
  const bare = { name: "toggle_service", arguments: values, inputResponses: retry.inputResponses }
  assert.equal((await peer.call("tools/call", bare)).result?.["resultType"], "input_required")
  const own = await createAgent(gateway, "thief", { permissions: ["configure"] })
  const thief = await openPeer(httpPipe(gateway.url, bearer(own)), { capabilities })
  peers.push(thief)
  const stolen = await thief.call("tools/call", { name: "toggle_service", arguments: values, ...retry })
  assert.match(refusalOf(stolen)["message"] as string, /requestState/)
  assert.equal(await isOn("one"), false)
})

test("POI-04 nothing that is asked can act on a screen", limit, async () => {
  const asked: Question[] = []
  const answer: Answerer = (question) => (asked.push(question), { action: "decline" })
  const describe = { read: "fine \u001b[2Jgone \u202eback\u200b" }
  await call("modern", { tool: "update_service", values: { name: "odd", tools: { describe } }, answer })
  assert.equal(asked.length, 1)
  assert.doesNotMatch((asked[0]?.message ?? "").replaceAll("\n", ""), /[\p{Cc}\p{Cf}]/u)
})

test("a client that cannot be asked changes what it could before", limit, async () => {
  const peer = await openPeer(httpPipe(gateway.url, bearer(key)))
  peers.push(peer)
  assert.ok((await peer.tool("toggle_service", { name: "one", enabled: true })).result)
  await eventually("it is on", () => isOn("one"))
  await rest(gateway, "POST", "/services/one/toggle", { enabled: false })
})

testPlanPage()
