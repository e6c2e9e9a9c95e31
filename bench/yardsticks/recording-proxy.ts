/**
 * The plain proxy with the gateway's audit log around each call, and nothing else: no identity, no policy, no quota. It
 * is the most that a gateway with this log could reach. Takes the URL to forward to and a folder for the log.
 */

import { randomUUID } from "node:crypto"
import { join } from "node:path"
import type { EntryDraft } from "../../src/domain/audit/entry.ts"
import { openAuditWriter } from "../../src/stores/sqlite/writer.ts"
import { serveProxy } from "./plain-proxy.ts"

const [url = "", folder = ""] = process.argv.slice(2)
const writer = await openAuditWriter({
  folder: join(folder, "audit"),
  keysFolder: join(folder, "keys"),
  sync: "process",
  version: "0.0.0",
  now: Date.now,
  newId: randomUUID,
  onTrouble: (trouble) => trouble !== undefined && console.error(trouble),
  onCheckpoint: () => {},
})

const ended = { kind: "end", outcome: "ok", durationMs: 1.234, computeMs: 0.567 } as const

serveProxy(url, {
  forward: (call, body, then) => void writer.append(entryOf(call), { arguments: [Buffer.from(body)] }).then(then),
  answer: (call, bytes, then) =>
    void writer.append({ ...entryOf(call), ...ended }, { result: [bytes] }).then(then),
})
process.once("SIGTERM", () => void writer.close(Date.now()).then(() => process.exit(0)))

/** As an entry of a governed call is, but for its texts, which are the same in all. */
function entryOf(call: number): EntryDraft {
  return {
    kind: "start",
    timeMs: Date.now(),
    callId: `00000000-0000-7000-8000-${String(call).padStart(12, "0")}`,
    principalId: "c5f9a8a4-4f0a-4d6e-9d83-2b0c2f4a7c11",
    principal: "bench",
    keyId: "8c1d6b52",
    method: "tools/call",
    service: "bench",
    target: "bench__echo",
    targetKind: "tool",
    rule: "grant",
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  }
}
