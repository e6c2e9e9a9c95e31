import assert from "node:assert/strict"
import { test } from "node:test"
import { GatewayError } from "../../src/errors.ts"
import { ProtocolError } from "../../src/mcp/protocol-error.ts"
import { toRawObject } from "../../src/mcp/raw-json.ts"
import { openAuditKit, said } from "./audit-kit.ts"
import { admin, callOf, principal } from "./fixtures.ts"

const read = callOf("tools/call", { name: "files__read", arguments: { path: "a" } })

test("the start of a call is on record before its service hears of it, the end before its answer leaves", async (t) => {
  const { call, entries } = await openAuditKit(t)
  let seenByService: readonly string[] = []
  await call(admin, read, {
    route: async () => {
      seenByService = (await entries()).map(({ kind }) => kind)
      return said({ content: [] })
    },
  })
  assert.deepEqual(seenByService, ["start"])
  const [start, end] = await entries()
  assert.equal(end?.kind, "end")
  assert.equal(end.outcome, "ok")
  assert.equal(end.callId, start?.callId)
  assert.deepEqual(
    [end.principal, end.service, end.target, end.targetKind],
    ["admin", "files", "files__read", "tool"],
  )
  assert.equal(start?.arguments?.bytes, `{"path":"a"}`.length)
})

test("each way in which a call can end has its outcome", async (t) => {
  const { call, entries } = await openAuditKit(t)
  const ends: readonly [string, () => Promise<never> | Promise<ReturnType<typeof said>>][] = [
    ["ok", async () => said({ content: [] })],
    ["tool_error", async () => said({ content: [], isError: true })],
    ["input_required", async () => ({ result: toRawObject({ resultType: "input_required" }) })],
    ["timeout", () => Promise.reject(new GatewayError("timeout", "Too slow."))],
    ["internal", () => Promise.reject(new TypeError("a fault"))],
    ["invalid", () => Promise.reject(new ProtocolError("invalid_params", "Wrong."))],
  ]
  for (const [, route] of ends) await call(admin, read, { route }).catch(() => {})
  await call(admin, read, { route: async () => ({ error: { code: -32000, message: "no" } }) })
  const recorded = (await entries()).filter(({ kind }) => kind === "end").map(({ outcome }) => outcome)
  assert.deepEqual(recorded, [...ends.map(([outcome]) => outcome), "service_error"])
})

test("a call that its client abandons is on record as cancelled", async (t) => {
  const { call, entries } = await openAuditKit(t)
  const client = new AbortController()
  const request = { ...read, exchange: { ...read.exchange, signal: client.signal } }
  const route = async () => {
    client.abort(new Error("gone"))
    throw client.signal.reason
  }
  await assert.rejects(call(admin, request, { route }), /gone/)
  assert.deepEqual(
    (await entries()).map(({ kind, outcome }) => [kind, outcome]),
    [
      ["start", undefined],
      ["end", "cancelled"],
    ],
  )
})

test("what is refused leaves one entry that says by what, and tells what the caller is not told", async (t) => {
  const { call, entries } = await openAuditKit(t)
  const stranger = principal("stranger", {})
  const quota = new GatewayError("quota_exceeded", "Used up.", { detail: { quota: "q1" } })
  await assert.rejects(call(stranger, read), { code: "not_found" })
  await assert.rejects(call(stranger, callOf("tools/call", { name: "files__nothing" })), { code: "not_found" })
  await assert.rejects(call(stranger, callOf("tools/call", { name: "list_services" })), { code: "not_found" })
  await assert.rejects(call(admin, read, { limit: () => Promise.reject(quota) }), { code: "quota_exceeded" })
  assert.deepEqual(
    (await entries()).map(({ kind, principal: who, target, outcome, rule }) => [kind, who, target, outcome, rule]),
    [
      ["refusal", "stranger", "files__read", "not_found", "grant:tools"],
      ["refusal", "stranger", "files__nothing", "not_found", "unknown"],
      ["refusal", "stranger", "list_services", "not_found", "permission:services:read"],
      ["refusal", "admin", "files__read", "quota_exceeded", "quota:q1"],
    ],
  )
})

test("a redacted copy is kept only where it is asked for, and holds no secret", async (t) => {
  const secret = callOf("tools/call", {
    name: "files__read",
    arguments: { path: "a", password: "hunter2hunter2" },
  })
  const digested = await openAuditKit(t)
  await digested.call(admin, secret)
  assert.deepEqual(
    (await digested.entries()).map(({ copy }) => copy),
    [undefined, undefined],
  )
  const redacted = await openAuditKit(t, "redacted")
  await redacted.call(admin, secret)
  assert.ok((await redacted.entries()).every(({ copy }) => copy !== undefined))
})

test("a client's name and trace are on record, whatever it says of itself", async (t) => {
  const { call, entries } = await openAuditKit(t)
  const { request } = read
  const traceId = "0af7651916cd43dd8448eb211c80319c"
  const meta = toRawObject({ traceparent: `00-${traceId}-b7ad6b7169203331-01` })
  const info = Buffer.from(JSON.stringify({ name: `bot${"x".repeat(10_000)}\ud800`, version: "1" }))
  await call(admin, { ...read, request: { ...request, meta, client: { ...request.client, info } } })
  const [start] = await entries()
  assert.equal(start?.traceId, traceId)
  assert.match(start.client ?? "", /^botx+\.\.\.$/)
})

test("a call that its client cancels is on record as cancelled, whatever error the cancellation comes as", async (t) => {
  const { call, entries } = await openAuditKit(t)
  const client = new AbortController()
  const request = { ...read, exchange: { ...read.exchange, signal: client.signal } }
  const route = async () => {
    client.abort(new GatewayError("invalid", "The client cancelled the request."))
    throw client.signal.reason
  }
  await assert.rejects(call(admin, request, { route }), { code: "invalid" })
  assert.equal((await entries()).at(-1)?.outcome, "cancelled")
})

test("whatever reaches a service is in the digest and the size, beside the arguments too", async (t) => {
  const { call, entries } = await openAuditKit(t)
  const plain = { name: "files__read", arguments: { path: "a" } }
  const more = callOf("tools/call", { ...plain, inputResponses: { answer: "x".repeat(1_000) } })
  const meta = toRawObject({ "vendor/blob": "y".repeat(1_000) })
  const said = callOf("tools/call", plain)
  await call(admin, callOf("tools/call", plain))
  await call(admin, more)
  await call(admin, { ...said, request: { ...said.request, meta } })
  const starts = (await entries()).filter(({ kind }) => kind === "start")
  assert.equal(new Set(starts.map((start) => start.arguments?.digest)).size, 3)
  assert.ok(starts.slice(1).every((start) => (start.arguments?.bytes ?? 0) > 1_000))
})

test("a secret in the URI of a resource is not on record, and a long one is told by its hash", async (t) => {
  const { call, entries } = await openAuditKit(t)
  const secret = "note://me:hunter2hunter2@host/?api_key=sk-ant-REDACTED"
  const long = `note://${"x".repeat(10_000)}`
  for (const uri of [secret, long]) await call(admin, callOf("resources/read", { uri })).catch(() => {})
  const targets = (await entries()).map(({ target = "" }) => target)
  assert.ok(
    targets.every((target) => !/hunter2|sk-ant-REDACTED/.test(target)),
    targets.join("\n"),
  )
  assert.match(targets.at(-1) ?? "", /\.\.\.sha256:[\w-]{43}$/)
})

test("an operation's entries name what it was done to, and nothing else of its arguments", async (t) => {
  const { call, entries } = await openAuditKit(t)
  const given = { name: "ann", limit: 7, password: "hunter2hunter2", env: { A: "b" }, subject: "x".repeat(9_000) }
  await call(admin, callOf("tools/call", { name: "list_services", arguments: given }))
  const [start, end] = await entries()
  assert.deepEqual(Object.keys(start?.detail ?? {}).toSorted(), ["limit", "name", "subject"])
  assert.deepEqual([start?.detail?.["name"], start?.detail?.["limit"]], ["ann", 7])
  assert.ok(String(start?.detail?.["subject"]).length < 300)
  assert.deepEqual(end?.detail, start?.detail)
})
