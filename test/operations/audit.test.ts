import assert from "node:assert/strict"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { test, type TestContext } from "node:test"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import { callArguments, callResult, hourMs, minuteMs, recordCall, walk } from "./audit-kit.ts"
import { admins, nowMs, openKit, refusal, type Kit } from "./operations-kit.ts"

type Row = Readonly<Record<string, unknown>> & { readonly kind: string; readonly callId?: string }
type Queried = { readonly entries: readonly Row[]; readonly nextCursor?: string }
type Verified = { readonly ok: boolean; readonly entries: number; readonly damage?: object }

async function openAudited(t: TestContext): Promise<{ kit: Kit; admin: ActivePrincipal }> {
  const kit = await openKit(t)
  return { kit, admin: await kit.join("admin", admins) }
}

/** Without the members that are undefined, which no door shows. */
function asJson(row: Row): Row {
  return JSON.parse(JSON.stringify(row)) as Row
}

test("an entry is shown with all that is on record of it", async (t) => {
  const { kit, admin } = await openAudited(t)
  await recordCall(kit.recorder, { id: "c1", tool: "geo__find", costMicroUsd: 2_500, tags: ["maps"], keeps: true })
  const { entries } = (await kit.run(admin, "audit_query", { call_id: "c1" })) as Queried
  const [end, start] = entries.map(asJson)
  const same = {
    stream: kit.audit.head().stream,
    callId: "c1",
    principal: "ann",
    principalId: "id-of-ann",
    key: "key-of-ann",
    client: "test/1.0",
    method: "tools/call",
    service: "geo",
    target: "geo__find",
    targetKind: "tool",
    tags: ["maps"],
  }
  const { hash, argumentsDigest, copy, ...started } = start ?? { kind: "none" }
  assert.deepEqual(started, {
    ...same,
    time: new Date(nowMs - minuteMs).toISOString(),
    seq: 2,
    kind: "start",
    rule: "grant",
    argumentsBytes: callArguments.length,
    traceId: "t1",
  })
  for (const digest of [hash, argumentsDigest]) assert.match(String(digest), /^[\w-]{43}$/)
  assert.deepEqual(JSON.parse(String(copy)), { arguments: { city: "Oslo", password: "[redacted]" } })
  const { hash: _, resultDigest: __, copy: ___, ...ended } = end ?? { kind: "none" }
  assert.deepEqual(ended, {
    ...same,
    time: new Date(nowMs - minuteMs + 20).toISOString(),
    seq: 3,
    kind: "end",
    outcome: "ok",
    durationMs: 20,
    computeMs: 10,
    costUsd: 0.0025,
    resultBytes: callResult.length,
  })
  assert.match(await kit.say(admin, "audit_query", { call_id: "c1" }), /end +ann +geo__find +ok +20 +- +- +- +c1/)
})

test("entries are found by each of their sides, and all filters must fit", async (t) => {
  const { kit, admin } = await openAudited(t)
  await recordCall(kit.recorder, { id: "c1", tool: "geo__find", agoMs: 3 * hourMs })
  await recordCall(kit.recorder, { id: "c2", tool: "geo__find", who: "bob", outcome: "timeout" })
  await recordCall(kit.recorder, { id: "c3", tool: "mail__send", who: "bob" })
  const find = async (input: object): Promise<string> => {
    const { entries } = (await kit.run(admin, "audit_query", input)) as Queried
    return entries.flatMap(({ kind, callId }) => (callId === undefined ? [] : [`${callId} ${kind}`])).join(", ")
  }
  assert.equal(await find({ principal: "ann" }), "c1 end, c1 start")
  assert.equal(await find({ service: "mail" }), "c3 end, c3 start")
  assert.equal(await find({ tool: "geo__find", kind: "end" }), "c2 end, c1 end")
  assert.equal(await find({ outcome: "timeout" }), "c2 end")
  assert.equal(await find({ principal: "bob", service: "geo", kind: "start" }), "c2 start")
  assert.equal(await find({ to: "-2h" }), "c1 end, c1 start")
  assert.equal(await find({ from: "-2h", kind: "start" }), "c3 start, c2 start")
  assert.equal(await find({ from: new Date(nowMs - 4 * hourMs).toISOString(), to: "-90m" }), "c1 end, c1 start")
  assert.equal(await find({ principal: "nobody" }), "")
  assert.equal(await kit.say(admin, "audit_query", { principal: "nobody" }), "No entries.")
})

test("the pages of a query hold each entry once, the newest first", async (t) => {
  const { kit, admin } = await openAudited(t)
  for (let at = 1; at <= 7; at += 1)
    await recordCall(kit.recorder, { id: `c${at}`, tool: "geo__find", agoMs: (10 - at) * minuteMs })
  const rows = await walk(async (cursor) => {
    const { entries, nextCursor } = (await kit.run(admin, "audit_query", {
      service: "geo",
      limit: 3,
      ...cursor,
    })) as Queried
    assert.ok(entries.length <= 3)
    return { items: entries, nextCursor }
  })
  assert.deepEqual(
    rows.map(({ seq }) => seq),
    Array.from({ length: 14 }, (_, at) => 15 - at),
  )
  await assert.rejects(kit.run(admin, "audit_query", { cursor: "nonsense" }), refusal("invalid"))
})

test("a wrong time is refused by every operation that takes one", async (t) => {
  const { kit, admin } = await openAudited(t)
  for (const [operation, input] of [
    ["audit_query", { from: "yesterday" }],
    ["audit_query", { from: "-1h", to: "-2h" }],
    ["audit_verify", { to: "2026-06-31T00:00:00Z" }],
    ["audit_export", { from: "1763711000" }],
    ["audit_erase", { to: "soon" }],
    ["get_usage", { from: "-1w" }],
    ["get_usage", { from: "2099-01-01T00:00:00Z" }],
    ["get_tool_usage", { tool: "geo__find", to: "tomorrow" }],
  ] as const) {
    await assert.rejects(kit.run(admin, operation, input), refusal("invalid", /from|to/), operation)
  }
})

test("who lacks the permission finds none of it there", async (t) => {
  const { kit } = await openAudited(t)
  const operator = await kit.join("operator", { permissions: ["configure"] })
  for (const [operation, input] of [
    ["audit_query", {}],
    ["audit_verify", {}],
    ["audit_export", {}],
    ["audit_erase", { to: "-1d" }],
    ["rotate_audit_key", {}],
  ] as const) {
    await assert.rejects(kit.run(operator, operation, input), refusal("not_found", /Unknown operation/), operation)
  }
  const exporter = await kit.join("exporter", { permissions: ["audit:export"] })
  await kit.run(exporter, "audit_export")
  await assert.rejects(kit.run(exporter, "audit_query"), refusal("not_found"))
  await assert.rejects(kit.run(exporter, "audit_head"), refusal("not_found"))
})

test("the head names the last entry and the last checkpoint, to everybody who observes", async (t) => {
  const { kit, admin } = await openAudited(t)
  const observer = await kit.join("observer", { permissions: ["observe"] })
  await recordCall(kit.recorder, { id: "c1", tool: "geo__find" })
  await kit.run(admin, "rotate_audit_key")
  const head = await kit.run(observer, "audit_head")
  const { stream, seq, hash, checkpoint } = kit.audit.head()
  assert.deepEqual([head["stream"], head["seq"], head["hash"], head["available"]], [stream, seq, hash, true])
  assert.equal((head["checkpoint"] as { note: string } | undefined)?.note, checkpoint?.note)
  assert.match(await kit.say(observer, "audit_head"), /^Stream \S+ has \d+ entries; /)
  const trouble = "the disk is full"
  const audit = { ...kit.audit, head: () => ({ ...kit.audit.head(), trouble }) }
  const failing = await kit.run(observer, "audit_head", {}, { audit })
  assert.deepEqual([failing["available"], failing["trouble"]], [false, trouble])
})

test("a whole log is verified, and a damaged one names its first bad entry", async (t) => {
  const { kit, admin } = await openAudited(t)
  for (let at = 1; at <= 5; at += 1) await recordCall(kit.recorder, { id: `c${at}`, tool: "geo__find" })
  const fine = (await kit.run(admin, "audit_verify")) as Verified
  assert.deepEqual([fine.ok, fine.entries, fine.damage], [true, 11, undefined])
  assert.match(await kit.say(admin, "audit_verify"), /^The audit log is whole: 11 entries in 1 stream,/)
  const db = new DatabaseSync(join(kit.logFolder, "log.db"))
  db.exec("UPDATE entries SET body = replace(body, 'geo__find', 'geo__hide') WHERE seq >= 7")
  db.close()
  const broken = (await kit.run(admin, "audit_verify")) as Verified
  const { stream } = kit.audit.head()
  assert.deepEqual(broken.ok, false)
  assert.partialDeepStrictEqual(broken.damage, { stream, seq: 7, kind: "altered" })
  assert.match(
    await kit.say(admin, "audit_verify"),
    new RegExp(`first bad entry is 7 of stream ${stream}.*altered`),
  )
})

test("a verification that nobody waits for any more ends", async (t) => {
  const { kit, admin } = await openAudited(t)
  await assert.rejects(kit.run(admin, "audit_verify", {}, { signal: AbortSignal.abort() }), { name: "AbortError" })
  assert.equal((await kit.run(admin, "audit_verify"))["ok"], true)
})

test("after the key was changed the old and the new signatures are good", async (t) => {
  const { kit, admin } = await openAudited(t)
  await recordCall(kit.recorder, { id: "c1", tool: "geo__find" })
  const first = await kit.run(admin, "rotate_audit_key")
  const second = await kit.run(admin, "rotate_audit_key")
  assert.match(String(first["publicKey"]), /^mcp-meta-[0-9a-f]{12}\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/)
  assert.notEqual(first["publicKey"], second["publicKey"])
  assert.match(await kit.say(admin, "rotate_audit_key"), /Keep its public key elsewhere: mcp-meta-/)
  await recordCall(kit.recorder, { id: "c2", tool: "geo__find" })
  assert.equal((await kit.run(admin, "audit_verify"))["ok"], true)
  const { entries } = (await kit.run(admin, "audit_query", { kind: "rotation" })) as Queried
  assert.equal(entries.length, 3)
})

test("erasing takes the copies and leaves the chain", async (t) => {
  const { kit, admin } = await openAudited(t)
  await recordCall(kit.recorder, { id: "c1", tool: "geo__find", who: "ann", keeps: true, agoMs: 3 * hourMs })
  await recordCall(kit.recorder, { id: "c2", tool: "geo__find", who: "ann", keeps: true })
  await recordCall(kit.recorder, { id: "c3", tool: "geo__find", who: "bob", keeps: true })
  const copies = async (): Promise<readonly unknown[]> => {
    const { entries } = (await kit.run(admin, "audit_query", { kind: "start" })) as Queried
    return entries.flatMap(({ callId, copy }) => (copy === undefined ? [] : [callId]))
  }
  await assert.rejects(kit.run(admin, "audit_erase"), refusal("invalid", /at least one/))
  assert.deepEqual(await copies(), ["c3", "c2", "c1"])
  assert.deepEqual(await kit.run(admin, "audit_erase", { principal: "ann", to: "-2h" }), { erased: 2 })
  assert.deepEqual(await copies(), ["c3", "c2"])
  assert.deepEqual(await kit.run(admin, "audit_erase", { call_id: "c3" }), { erased: 2 })
  assert.match(await kit.say(admin, "audit_erase", { principal: "ann" }), /^2 redacted copies are erased/)
  assert.deepEqual(await copies(), [])
  assert.equal((await kit.run(admin, "audit_verify"))["ok"], true)
  const { entries } = (await kit.run(admin, "audit_query", { kind: "erasure" })) as Queried
  assert.equal(entries.length, 3)
})

test("an export comes as whole lines in each format, page by page", async (t) => {
  const { kit, admin } = await openAudited(t)
  for (let at = 1; at <= 4; at += 1) await recordCall(kit.recorder, { id: `c${at}`, tool: "geo__find" })
  for (const format of ["jsonl", "cef", "ocsf"]) {
    const texts = await walk(async (cursor) => {
      const page = await kit.run(admin, "audit_export", { format, ...cursor })
      assert.equal(page["complete"], page["nextCursor"] === undefined)
      return { items: [String(page["text"])], nextCursor: page["nextCursor"] }
    })
    const text = texts.join("")
    assert.ok(text.endsWith("\n"))
    const lines = text.trimEnd().split("\n")
    assert.equal(lines.filter((line) => line.includes("geo__find")).length, 8, format)
    if (format === "cef") assert.ok(lines.every((line) => line.startsWith("CEF:0|mcp-meta|")))
    else for (const line of lines) JSON.parse(line)
  }
  assert.match(await kit.say(admin, "audit_export"), /bytes of jsonl .*last page/)
  await assert.rejects(kit.run(admin, "audit_export", { format: "xml" }), refusal("invalid"))
  await assert.rejects(kit.run(admin, "audit_export", { cursor: "nonsense" }), refusal("invalid"))
})
