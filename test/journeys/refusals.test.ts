/**
 * Every code of the table of errors, provoked for real, through MCP and through REST: each refusal says what the table
 * promises, is found in the record under its id, and names a next step that its caller can take.
 */
import assert from "node:assert/strict"
import { once } from "node:events"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { after, before, test } from "node:test"
import { errorTable, type ErrorCode } from "../../src/errors.ts"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { createAgent, rest } from "../support/rest.ts"
import { eventually } from "./eventually.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { perform } from "./operations.ts"
import { openPeer, type Peer } from "./peer.ts"
import { say, startService, type ScriptedService, type Seen } from "./scripted-service.ts"

const limit = { timeout: 120_000 }
/** No guard refuses yet. */
const unprovoked: readonly ErrorCode[] = ["blocked"]

let gateway: TestGateway
let admin: Peer
const services: ScriptedService[] = []
/** By what each may do. */
const keys: Record<string, string> = {}
const peers: Peer[] = []

type Refusal = Readonly<Record<string, unknown>> & {
  readonly code: ErrorCode
  readonly message: string
  readonly next?: { readonly operation: string; readonly arguments?: object }
}

type Deed = {
  readonly who: string
  readonly tool: string
  readonly values?: object
  /** The operation that is offered, where one is. */
  readonly next?: string
  /** Done first. @returns undoes it */
  readonly given?: () => Promise<() => unknown>
}

const user = { tools: { allow: ["*"] } }
const quota = { target: "tool:odd__fine", limit: 1, window: "day", contact: "ops@example.com" }
/** Services of agents may be where those of this test are. */
const anywhere = ["--outbound-http", "--outbound-allow", "127.0.0.0/8"]
const maxOpen = 4

/** As many open calls as one principal may have. */
async function hang(who: string): Promise<() => unknown> {
  const stop = new AbortController()
  const peer = await openPeer(httpPipe(gateway.url, bearer(keys[who] ?? "")))
  peers.push(peer)
  for (let n = 0; n < maxOpen; n++) peer.tool("odd__waits", {}, { signal: stop.signal }).catch(() => {})
  const isWaiting = ({ message }: Seen): boolean => message.params?.["name"] === "waits"
  await eventually("they hang", () => services[0]?.seen.filter(isWaiting).length === maxOpen)
  return () => stop.abort()
}

/** What must be done for each code. */
const deeds: Readonly<Partial<Record<ErrorCode, Deed>>> = {
  invalid: { who: "operator", tool: "get_server_details" },
  forbidden: { who: "observer", tool: "list_quotas", values: { principal: "admin" }, next: "whoami" },
  not_found: { who: "operator", tool: "diagnose_service", values: { name: "none" }, next: "list_services" },
  conflict: {
    who: "admin",
    tool: "register_service",
    values: { name: "odd", url: "http://127.0.0.1:9/mcp" },
    next: "update_service",
  },
  plan_required: {
    who: "configurer",
    tool: "register_service",
    values: { name: "new", url: "http://127.0.0.1:9/mcp", enabled: false },
    next: "get_plan",
  },
  too_large: { who: "operator", tool: "whoami", values: { padding: "x".repeat(300_000) } },
  quota_exceeded: {
    who: "observer",
    tool: "odd__fine",
    next: "list_quotas",
    given: async () => {
      await perform(admin, "set_quota", { ...quota, subject: "principal:observer", limit: 0 })
      return () => {}
    },
  },
  service_error: { who: "operator", tool: "odd__fails" },
  service_unavailable: { who: "operator", tool: "gone__fine", next: "diagnose_service" },
  timeout: { who: "observer", tool: "odd__waits", next: "healthcheck" },
  overloaded: { who: "lone", tool: "odd__fine", next: "healthcheck", given: () => hang("lone") },
  audit_unavailable: {
    who: "operator",
    tool: "odd__fine",
    next: "audit_head",
    given: async () => {
      const db = new DatabaseSync(join(gateway.folder, "data/audit/log.db"))
      db.exec("BEGIN EXCLUSIVE")
      return async () => {
        db.close()
        await eventually("it records again", async () => !(await admin.tool("odd__fine")).error)
      }
    },
  },
  internal: {
    who: "admin",
    tool: "audit_query",
    values: { kind: "list" },
    next: "audit_verify",
    given: async () => {
      await admin.call("tools/list")
      const db = new DatabaseSync(join(gateway.folder, "data/audit/log.db"))
      db.exec("PRAGMA busy_timeout = 10000")
      db.exec("UPDATE entries SET body = json_set(body, '$.seq', 'x') WHERE body ->> '$.kind' = 'list'")
      db.close()
      return () => {}
    },
  },
}

before(async () => {
  const fine = { name: "fine", run: () => say("fine") }
  const fails = {
    name: "fails",
    run: () => ({ error: { code: -32_000, message: "no" } }),
  }
  const waits = {
    name: "waits",
    run: async ({ signal }: { signal: AbortSignal }) => {
      if (!signal.aborted) await once(signal, "abort")
      return say("late")
    },
  }
  services.push(await startService({ tools: [fine, fails, waits] }), await startService({ tools: [fine] }))
  const [odd, gone] = services
  gateway = await startGateway({
    services: { odd: { url: odd?.url }, gone: { url: gone?.url } },
    args: ["--limits-call-idle-ms", "3000", "--limits-calls-per-principal", String(maxOpen), ...anywhere],
  })
  admin = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  keys["admin"] = gateway.key
  keys["operator"] = await createAgent(gateway, "operator", { ...user, permissions: ["operate"] })
  keys["observer"] = await createAgent(gateway, "observer", { ...user, permissions: ["observe"] })
  keys["configurer"] = await createAgent(gateway, "configurer", { permissions: ["configure"] })
  keys["lone"] = await createAgent(gateway, "lone", { ...user, permissions: ["observe"] })
  keys["bare"] = await createAgent(gateway, "bare", user)
  await gone?.close()
}, limit)

after(async () => {
  for (const peer of peers) await peer.close()
  await admin?.close()
  await gateway?.stop()
  for (const service of services) await service.close()
})

async function throughMcp({ who, tool, values = {} }: Deed): Promise<Refusal> {
  const peer = await openPeer(httpPipe(gateway.url, bearer(keys[who] ?? "")))
  peers.push(peer)
  const { error, text } = await peer.tool(tool, values)
  assert.ok(error, text)
  assert.equal(error.code, errorTable[error.data?.["code"] as ErrorCode].rpc)
  return { ...error.data, message: error.message } as Refusal
}

async function throughRest({ who, tool, values = {} }: Deed): Promise<Refusal> {
  const door = { origin: gateway.origin, key: keys[who] ?? "" }
  const { status, body } = await rest(door, "POST", `/tools/${tool}/invoke`, { arguments: values })
  const problem = body as Record<string, unknown> & { readonly callId?: string }
  assert.equal(status, errorTable[problem["code"] as ErrorCode].status, JSON.stringify(body))
  const { callId } = problem
  assert.equal(problem["instance"], callId === undefined ? undefined : `urn:mcp-meta:call:${callId}`)
  return { ...problem, message: problem["detail"] } as unknown as Refusal
}

/** What a step names can be performed by who was sent there. */
async function assertHelped({ who, next }: Deed, refusal: Refusal): Promise<void> {
  assert.equal(refusal.next?.operation, next, JSON.stringify(refusal))
  if (!refusal.next || refusal.code === "audit_unavailable") return
  const peer = await openPeer(httpPipe(gateway.url, bearer(keys[who] ?? "")))
  peers.push(peer)
  const { error } = await peer.tool(refusal.next.operation, { ...refusal.next.arguments })
  assert.ok(
    !error || ["update_service", "request_access"].includes(refusal.next.operation),
    `${refusal.next.operation}: ${error?.message}`,
  )
}

async function assertRecorded({ code, callId }: Refusal): Promise<void> {
  if (code === "audit_unavailable") return assert.equal(callId, undefined)
  assert.equal(typeof callId, "string", code)
  const entries = await eventuallyRecorded(String(callId))
  assert.ok(entries.some(({ outcome }) => outcome === code), `${code}: ${JSON.stringify(entries)}`) // oxfmt-ignore
}

/** Those of a flood are written within two seconds. */
async function eventuallyRecorded(callId: string): Promise<readonly { readonly outcome?: string }[]> {
  let found: readonly { readonly outcome?: string }[] = []
  await eventually(`the log knows ${callId}`, async () => {
    const { entries } = await perform(admin, "audit_query", { call_id: callId })
    found = entries as typeof found
    return found.some(({ outcome }) => outcome !== undefined)
  })
  return found
}

for (const code of Object.keys(errorTable) as ErrorCode[]) {
  const deed = deeds[code]
  if (!deed) continue
  test(
    `AUD-13 ${code} says what the table promises, has its id in the record, and a next step to take`,
    limit,
    async () => {
      const doors = code === "service_error" ? [throughRest] : [throughMcp, throughRest]
      const undo = await deed.given?.()
      const refusals = await Promise.all(doors.map((door) => door(deed)))
      await undo?.()
      for (const refusal of refusals) {
        assert.equal(refusal.code, code, JSON.stringify(refusal))
        assert.equal(refusal["retryable"], errorTable[code].retryable)
        assert.ok(refusal.message.length > 10)
        await assertHelped(deed, refusal)
        await assertRecorded(refusal)
      }
    },
  )
}

test("every code of the table is provoked here, but for what nothing can throw yet", () => {
  const missing = (Object.keys(errorTable) as ErrorCode[]).filter((code) => !deeds[code])
  assert.deepEqual(missing, ["unauthenticated", ...unprovoked])
})

test("to a stranger each refusal looks like any other, and the record has it by its source", limit, async () => {
  const refused = await fetch(gateway.url, { method: "POST", headers: bearer("mm_wrong"), body: "{}" })
  assert.equal(refused.status, errorTable.unauthenticated.status)
  assert.doesNotMatch(await refused.text(), /callId|next/)
})

test(
  "AGT-01 nobody is sent to an operation that it may not perform, or not where it has called",
  limit,
  async () => {
    const refusal = await throughMcp({ who: "bare", tool: "gone__fine" })
    assert.deepEqual([refusal.code, refusal.next], ["service_unavailable", undefined])
    const unknown = await throughMcp({ who: "bare", tool: "none__fine" })
    assert.deepEqual([unknown.code, unknown.next], ["not_found", undefined])
    const known = await throughMcp({ who: "observer", tool: "none__fine" })
    assert.ok(["explain_access", "request_access"].includes(known.next?.operation ?? ""), JSON.stringify(known))
    assert.match(JSON.stringify(known.next?.arguments), /"none__fine"/)
    await assertHelped({ who: "observer", tool: "none__fine", next: known.next?.operation ?? "" }, known)
    const mounted = await openPeer(httpPipe(`${gateway.url}/gone`, bearer(keys["operator"] ?? "")))
    peers.push(mounted)
    const { error } = await mounted.tool("fine")
    assert.deepEqual([error?.data?.["code"], error?.data?.["next"]], ["service_unavailable", undefined])
  },
)

test("an id does not tell how many calls others make", limit, async () => {
  const ids = await Promise.all(
    [1, 2, 3].map(async () => (await throughMcp({ who: "bare", tool: "x" }))["callId"]),
  )
  for (const id of ids) assert.match(String(id), /\.[0-9a-f]{24}$/)
  assert.equal(new Set(ids).size, ids.length)
})
