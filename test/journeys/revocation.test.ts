/**
 * Who may call no longer has nothing left open: a call that works or waits for an answer is refused and cancelled at its
 * service, what it came over is closed, and the record says so. With one process and with several.
 */
import assert from "node:assert/strict"
import { after, before, test, type TestContext } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { start, urlIn, type Running } from "../support/process.ts"
import { createAgent, rest } from "../support/rest.ts"
import { eventually } from "./eventually.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { listNames, openPeer, type Peer, type Reply } from "./peer.ts"
import { startRecordingProxy, type RecordingProxy } from "./recording-proxy.ts"
import { askedIn } from "./rounds.ts"
import { say, startService, type ScriptedService, type ServiceTool } from "./scripted-service.ts"
import { ssePipe } from "./sse-pipe.ts"
import { webSocketPipe } from "./websocket-pipe.ts"

const limit = { timeout: 60_000 }
const capabilities = { elicitation: { form: {} } }
/** Far above what an end at once takes, far below what a call may take by itself. */
const soonMs = 10_000

let begun = 0
let cancelled = 0
const slow: ServiceTool = {
  name: "slow",
  run: async ({ signal }) => {
    begun += 1
    signal.addEventListener("abort", () => (cancelled += 1))
    await sleep(50_000, undefined, { signal, ref: false }).catch(() => {})
    return say("too late")
  },
}

let worker: ScriptedService
let elder: Running
let heard: RecordingProxy

before(async () => {
  worker = await startService({ tools: [slow] })
  elder = await start({ args: ["test/fixtures/legacy/http.ts"], env: { PORT: "0" }, ready: /^listening / })
  heard = await startRecordingProxy(urlIn(elder.line))
}, limit)

after(async () => {
  await heard?.close()
  await elder?.stop()
  await worker?.close()
})

const cancellations = (): number => heard.sent().split('"notifications/cancelled"').length - 1

type Ending = (gateway: TestGateway, principal: string, key: string) => Promise<number>

const revoke: Ending = async (gateway, _principal, key) =>
  (await rest(gateway, "DELETE", `/keys/${key.split("_")[1]}`)).status
const disable: Ending = async (gateway, principal) =>
  (await rest(gateway, "PATCH", `/principals/${principal}`, { disabled: true })).status
const remove: Ending = async (gateway, principal) =>
  (await rest(gateway, "DELETE", `/principals/${principal}`)).status

let agents = 0

test("AUTHN-05 what is open ends with its caller", limit, async (t) => {
  const gateway = await open(t)
  await t.test("calls that work end with their key", limit, (inner) => whileItWorks(inner, gateway, revoke))
  await t.test("calls that wait end with their key", limit, (inner) => whileItWaits(inner, gateway, revoke))
  await t.test("calls end with a principal that is disabled", limit, (t) => whileItWaits(t, gateway, disable))
  await t.test("calls end with a principal that is removed", limit, (t) => whileItWorks(t, gateway, remove))
  await t.test("who revokes their own key is answered", limit, () => revokingItself(gateway))
})

test("AUTHN-05 what is open in a worker ends with its caller", limit, async (t) => {
  const gateway = await open(t, "--workers", "2")
  await t.test("calls that work end with their key", limit, (inner) => whileItWorks(inner, gateway, revoke))
  await t.test("calls that wait end with their key", limit, (inner) => whileItWaits(inner, gateway, revoke))
  await t.test("calls end with a key that expires", limit, () => whenItExpires(gateway))
})

async function open(t: TestContext, ...args: readonly string[]): Promise<TestGateway> {
  const services = { worker: { url: worker.url, pin: "off" }, elder: { url: heard.url } }
  const gateway = await startGateway({ services, args })
  t.after(() => gateway.stop())
  const admin = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  await eventually("all is listed", async () => {
    const names = await listNames(admin)
    return ["worker__slow", "elder__test_elicitation"].every((name) => names.includes(name))
  })
  return gateway
}

type Open = { readonly peer: Peer; readonly reply: Promise<Reply> }

async function whileItWorks(t: TestContext, gateway: TestGateway, end: Ending): Promise<void> {
  const { name, key, headers } = await agentOf(gateway)
  const before = { begun, cancelled }
  const sockets = [await webSocketPipe(gateway.url, headers), await webSocketPipe(gateway.url, headers)] as const
  const idle = await webSocketPipe(gateway.url, headers)
  const opened = await Promise.all([
    begin(openPeer(httpPipe(gateway.url, headers))),
    begin(openPeer(httpPipe(gateway.url, headers), { era: "legacy" })),
    begin(openPeer(sockets[0])),
    begin(openPeer(sockets[1], { era: "legacy" })),
    begin(openPeer(await ssePipe(`${gateway.origin}/sse`, headers), { era: "legacy" })),
  ])
  t.after(() => Promise.all([...opened.map(({ peer }) => peer.close()), idle.close()]))
  const invoked = rest({ ...gateway, key }, "POST", "/tools/worker__slow/invoke", {})
  await eventually("the service works on all", () => begun === before.begun + opened.length + 1)
  assert.ok((await end(gateway, name, key)) < 300)
  for (const { reply } of opened) refusedFor(await soon("it is answered", reply))
  assert.equal((await soon("it is answered", invoked)).status, 401)
  await eventually("the service heard of it", () => cancelled === before.cancelled + opened.length + 1)
  for (const { socket } of [...sockets, idle])
    await eventually("the socket is closed", () => socket.readyState >= 2)
  const ends = await entriesOf(gateway, `kind=end&principal=${name}`)
  assert.deepEqual(
    ends.map(({ outcome }) => outcome),
    Array.from(ends, () => "unauthenticated"),
  )
  assert.equal(ends.length, opened.length + 1)
}

async function whileItWaits(t: TestContext, gateway: TestGateway, end: Ending): Promise<void> {
  const { name, key, headers } = await agentOf(gateway)
  const before = cancellations()
  const never = { capabilities, era: "legacy", answer: () => new Promise<object>(() => {}) } as const
  const modern = await openPeer(httpPipe(gateway.url, headers), { capabilities })
  const legacy = await openPeer(httpPipe(gateway.url, headers), never)
  t.after(() => Promise.all([modern, legacy].map((peer) => peer.close())))
  const asked = askedIn(await modern.tool("elder__test_elicitation", { message: "Who?" }))
  assert.ok(asked)
  const waiting = legacy.tool("elder__test_elicitation", { message: "Who?" })
  await legacy.until(({ method }) => method === "elicitation/create")
  assert.ok((await end(gateway, name, key)) < 300)
  refusedFor(await soon("it is answered", waiting))
  await eventually("the service heard of both", () => cancellations() >= before + 2)
  await eventually("the end of the parked one is on record", async () => {
    const refusals = await entriesOf(gateway, "kind=refusal")
    return refusals.some(({ key: id, method }) => id === key.split("_")[1] && method === "tools/call")
  })
}

async function revokingItself(gateway: TestGateway): Promise<void> {
  const { body } = await rest(gateway, "POST", "/keys", { principal: "admin" })
  const { key } = body as { readonly key: string }
  const peer = await openPeer(httpPipe(gateway.url, bearer(key)))
  const { result, text } = await peer.tool("revoke_key", { id: key.split("_")[1] })
  assert.ok(result && result["isError"] !== true, text)
  const refused = await peer.tool("whoami").catch((error: unknown) => String(error))
  assert.match(JSON.stringify(refused), /unauthenticated|401/)
}

async function whenItExpires(gateway: TestGateway): Promise<void> {
  const { name } = await agentOf(gateway)
  const expiresAt = new Date(Date.now() + 2_000).toISOString()
  const { body } = await rest(gateway, "POST", "/keys", { principal: name, expiresAt })
  const { key } = body as { readonly key: string }
  const socket = await webSocketPipe(gateway.url, bearer(key))
  const { reply } = await begin(openPeer(httpPipe(gateway.url, bearer(key))))
  refusedFor(await soon("it is answered", reply))
  await eventually("the socket is closed", () => socket.socket.readyState >= 2)
}

async function agentOf(gateway: TestGateway) {
  const name = `agent-${++agents}`
  const key = await createAgent(gateway, name, { tools: { allow: ["*"] } })
  return { name, key, headers: bearer(key) }
}

async function begin(opening: Promise<Peer>): Promise<Open> {
  const peer = await opening
  const reply = peer.tool("worker__slow")
  reply.catch(() => {})
  return { peer, reply }
}

function soon<T>(what: string, promise: Promise<T>): Promise<T> {
  const late = sleep(soonMs, undefined, { ref: false }).then(() => {
    throw new Error(`not within ${soonMs} ms: ${what}`)
  })
  return Promise.race([promise, late])
}

function refusedFor({ error, text }: Reply): void {
  assert.equal(error?.data?.["code"], "unauthenticated", text)
}

type Entry = { readonly outcome?: string; readonly method?: string; readonly key?: string }

async function entriesOf(gateway: TestGateway, query: string): Promise<readonly Entry[]> {
  const { body } = await rest(gateway, "GET", `/audit/entries?${query}&limit=100`)
  return (body as { readonly entries: readonly Entry[] }).entries
}
