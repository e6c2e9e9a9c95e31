/** Bounded and on record: everything an agent does here, it does through MCP. */
import assert from "node:assert/strict"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { promisify } from "node:util"
import { execFile } from "node:child_process"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { root } from "../support/process.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { perform } from "./operations.ts"
import { listNames, openPeer, textOf, type Peer } from "./peer.ts"
import { echo } from "./services.ts"

const limit = { timeout: 120_000 }
const run = promisify(execFile)
const tools = ["set_quota", "list_quotas", "remove_quota", "audit_query", "audit_verify", "audit_export"]

let gateway: TestGateway
let admin: Peer

type Row = Readonly<Record<string, unknown>> & {
  readonly callId?: string
  readonly outcome?: string
  readonly argumentsBytes?: number
  readonly resultBytes?: number
  readonly costUsd?: number
}

before(async () => {
  const cost = { "*": { perCallUsd: 0.013, perByteUsd: 0.000_001 } }
  gateway = await startGateway({ services: { child: { ...echo, tools: { cost }, tags: ["demo", "echo"] } } })
  admin = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
}, limit)

after(async () => {
  await admin?.close()
  await gateway?.stop()
})

async function joinAs(name: string, grants: object): Promise<Peer> {
  await perform(admin, "create_principal", { name, kind: "agent", grants })
  const { key } = (await perform(admin, "create_key", { principal: name })) as { key: string }
  return openPeer(httpPipe(gateway.url, bearer(key)))
}

async function entriesOf(peer: Peer, filter: object): Promise<readonly Row[]> {
  const rows: Row[] = []
  let cursor: unknown
  do {
    const page = await perform(peer, "audit_query", {
      ...filter,
      limit: 100,
      ...(cursor !== undefined && { cursor }),
    })
    rows.push(...(page["entries"] as readonly Row[]))
    cursor = page["nextCursor"]
  } while (cursor !== undefined)
  return rows
}

test("an agent bounds another, who is told what to do, and proves it from the record", limit, async (t) => {
  const governor = await joinAs("governor", { permissions: ["govern"] })
  const worker = await joinAs("worker", { tools: { allow: ["child__*"] }, permissions: ["self:read"] })
  t.after(() => Promise.all([governor.close(), worker.close()]))

  const quota = {
    subject: "principal:worker",
    target: "service:child",
    limit: 3,
    window: "hour",
    algorithm: "fixed_window",
  }
  await perform(governor, "set_quota", { ...quota, contact: "the governor" })
  for (let n = 0; n < 3; n++) assert.match(textOf(await worker.tool("child__echo", { nonce: n })), /^\d$/)
  const refused = await worker.tool("child__echo", { nonce: 4 })
  assert.match(refused.error?.message ?? "", /3 calls.*hour/s)
  assert.match(refused.error?.message ?? "", /governor/)
  const data = refused.error?.data as Readonly<Record<string, unknown>>
  assert.equal(data["code"], "quota_exceeded")
  assert.ok(Number(data["retryAfterMs"]) > 0)
  assert.ok(Date.parse(String(data["resetsAt"])) > Date.now())

  const found = await entriesOf(governor, { principal: "worker", outcome: "quota_exceeded" })
  assert.equal(found.length, 1)
  assert.equal((await perform(governor, "audit_verify"))["ok"], true)
  const exported = await perform(governor, "audit_export", { format: "jsonl" })
  assert.equal(exported["complete"], true)
  const file = join(gateway.folder, "export.jsonl")
  await writeFile(file, String(exported["text"]))
  await run(process.execPath, [join(root, "bin/mcp-meta.mjs"), "verify", "--file", file])

  await writeFile(file, String(exported["text"]).replace(/"outcome":"quota_exceeded"/, `"outcome":"ok"`))
  await assert.rejects(run(process.execPath, [join(root, "bin/mcp-meta.mjs"), "verify", "--file", file]), {
    code: 1,
  })
})

test("ISO-18 without the permission none of it can be seen", limit, async (t) => {
  const plain = await joinAs("plain", { tools: { allow: ["child__*"] } })
  t.after(() => plain.close())
  const listed = await listNames(plain)
  assert.deepEqual(
    tools.filter((name) => listed.includes(name)),
    [],
  )
  for (const name of tools) assert.match((await plain.tool(name)).error?.message ?? "", /^Unknown tool/)
  const read = await plain.call("resources/read", { uri: "gateway://audit/head" })
  assert.match(read.error?.message ?? "", /^Unknown resource/)
})

test("usage is what the record adds up to, to the call, the byte and the cent", limit, async (t) => {
  const spender = await joinAs("spender", { tools: { allow: ["child__*"] } })
  t.after(() => spender.close())
  const calls = 120
  await Promise.all(
    Array.from({ length: calls }, (_, n) =>
      spender.tool(n % 10 === 0 ? "child__missing" : "child__echo", { nonce: n, padding: "x".repeat(n) }),
    ),
  )
  const entries = await entriesOf(admin, { principal: "spender" })
  const ends = entries.filter(({ kind }) => kind === "end")
  const starts = new Map(entries.filter(({ kind }) => kind === "start").map((start) => [start.callId, start]))
  const sum = (pick: (end: Row) => number): number => ends.reduce((all, end) => all + pick(end), 0)
  const { rows } = (await perform(admin, "get_usage", { by: ["principal"], principal: "spender" })) as {
    rows: readonly Readonly<Record<string, number>>[]
  }
  assert.equal(rows.length, 1)
  const [used] = rows
  assert.equal(ends.length, calls - calls / 10)
  assert.deepEqual(
    [used?.["calls"], used?.["bytesIn"], used?.["bytesOut"], used?.["costUsd"]?.toFixed(6)],
    [
      ends.length,
      sum(({ callId }) => starts.get(callId)?.argumentsBytes ?? 0),
      sum(({ resultBytes = 0 }) => resultBytes),
      sum(({ costUsd = 0 }) => costUsd).toFixed(6),
    ],
  )
  const tagged = (await perform(admin, "get_usage", { by: ["tag"], principal: "spender" })) as {
    rows: readonly { group: { tag: string } }[]
  }
  assert.deepEqual(tagged.rows.map(({ group }) => group.tag).sort(), ["demo", "echo"])
})

test("who listens to the head of the log is told when it has moved", limit, async (t) => {
  const listener = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  t.after(() => listener.close())
  const uri = "gateway://audit/head"
  const read = await listener.call("resources/read", { uri })
  const [content] = (read.result?.["contents"] ?? []) as readonly { readonly text: string }[]
  assert.ok((JSON.parse(content?.text ?? "{}") as { seq?: number }).seq)
  const listening = listener.call("subscriptions/listen", { notifications: { resourceSubscriptions: [uri] } })
  listening.catch(() => {}) // ends with its client
  await listener.until(({ method }) => method === "notifications/resources/updated")
})
