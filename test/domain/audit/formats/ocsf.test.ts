import assert from "node:assert/strict"
import { test } from "node:test"
import { entryKinds, outcomes, type Entry } from "../../../../src/domain/audit/entry.ts"
import { toOcsf } from "../../../../src/domain/audit/formats/ocsf.ts"

const end: Entry = {
  stream: "s1",
  seq: 7,
  previous: "x",
  kind: "end",
  timeMs: 1_763_712_000_000,
  callId: "c1",
  principal: "ann",
  principalId: "p1",
  keyId: "k1",
  team: "red",
  client: "claude/1",
  service: "files",
  target: "files__read",
  targetKind: "tool",
  tags: ["eu"],
  method: "tools/call",
  outcome: "ok",
  durationMs: 1.5,
  traceId: "t1",
  arguments: { bytes: 3, digest: "d" },
}

function eventOf(change: Partial<Entry>): Record<string, unknown> {
  const event = toOcsf({ entry: { ...end, ...change }, hash: "h" }, "1.2.3")
  return JSON.parse(JSON.stringify(event)) as Record<string, unknown>
}

test("an entry becomes an event of the class API Activity", () => {
  assert.deepEqual(eventOf({}), {
    category_uid: 6,
    category_name: "Application Activity",
    class_uid: 6003,
    class_name: "API Activity",
    activity_id: 99,
    activity_name: "tools/call",
    type_uid: 600399,
    time: 1_763_712_000_000,
    duration: 2,
    severity_id: 1,
    severity: "Informational",
    status_id: 1,
    status: "Success",
    message: "Call ended",
    metadata: {
      version: "1.3.0",
      product: { name: "gateway", vendor_name: "mcp-meta", version: "1.2.3" },
      uid: "s1/7",
      sequence: 7,
      log_name: "s1",
      event_code: "end",
      correlation_uid: "c1",
      labels: ["eu"],
    },
    actor: { user: { name: "ann", uid: "p1", credential_uid: "k1", groups: [{ name: "red" }] } },
    api: { operation: "tools/call", service: { name: "files" }, request: { uid: "c1" } },
    src_endpoint: { name: "claude/1" },
    resources: [{ name: "files__read", type: "tool" }],
    unmapped: { previous: "x", durationMs: 1.5, traceId: "t1", arguments: { bytes: 3, digest: "d" }, hash: "h" },
  })
})

test("every kind with every outcome has what the class requires", () => {
  for (const kind of entryKinds) {
    for (const outcome of outcomes) {
      const bare: Entry = { stream: "s", seq: 1, previous: "", timeMs: 1, kind, outcome }
      const event = toOcsf({ entry: bare, hash: "h" }, "1") as Record<string, Record<string, unknown>>
      assert.equal(event["type_uid"], 600_300 + Number(event["activity_id"]))
      assert.ok(event["actor"]?.["user"])
      assert.ok(event["api"]?.["operation"])
      assert.equal(Object.keys(event["src_endpoint"] ?? {}).length, 1)
      assert.ok([1, 2, 3, 4].includes(Number(event["severity_id"])))
    }
  }
})

test("a failure carries its code, and one without a credential its address", () => {
  const { principal: _, principalId: __, client: ___, ...nobody } = end
  const entry: Entry = { ...nobody, kind: "refusal", outcome: "unauthenticated", source: "2001:db8::1", count: 40 }
  const event = toOcsf({ entry, hash: "h" }, "1")
  assert.deepEqual(
    [event["status_id"], event["status_code"], event["src_endpoint"], event["count"], event["severity_id"]],
    [2, "unauthenticated", { ip: "2001:db8::1" }, 40, 3],
  )
  assert.deepEqual(event["actor"], { user: { name: "unauthenticated", type_id: 0 } })
})

test("what only reads is told as reading", () => {
  assert.equal(eventOf({ method: "resources/read" })["activity_id"], 2)
  assert.equal(eventOf({ kind: "list", method: "tools/list" })["type_uid"], 600_302)
})
