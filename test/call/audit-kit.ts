/** Calls over a real audit log in a folder of its own, in front of a service that is a function. */

import { randomUUID } from "node:crypto"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { createAudit } from "../../src/call/audit.ts"
import { authorize } from "../../src/call/authorize.ts"
import { call, type CallRequest, type Steps } from "../../src/call/call.ts"
import { meter } from "../../src/call/meter.ts"
import { randomDigits } from "../../src/gateway/random-digits.ts"
import { Folding } from "../../src/call/folding.ts"
import { openCall } from "../../src/call/open-call.ts"
import { refusalOf } from "../../src/call/refusal.ts"
import { resolve } from "../../src/call/resolve.ts"
import type { Entry } from "../../src/domain/audit/entry.ts"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import type { Answer } from "../../src/mcp/message.ts"
import { toRawObject } from "../../src/mcp/raw-json.ts"
import { openAuditReader } from "../../src/stores/sqlite/reader.ts"
import { openAuditWriter } from "../../src/stores/sqlite/writer.ts"
import { known } from "./fixtures.ts"

export type AuditKit = {
  call(who: ActivePrincipal, request: CallRequest, given?: Partial<Steps>): Promise<Answer>
  /** What is on record now, the oldest first, without the log's own entries. */
  entries(): Promise<readonly Entry[]>
  readonly folding: Folding
}

/** An answer of a tool. */
export function said(result: object): Answer {
  return { result: toRawObject({ resultType: "complete", ...result }) }
}

export async function openAuditKit(t: TestContext, payloads: "digest" | "redacted" = "digest"): Promise<AuditKit> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-audit-"))
  const places = { folder: join(folder, "audit"), keysFolder: join(folder, "keys") }
  const writer = await openAuditWriter({
    ...places,
    sync: "process",
    version: "1.0.0",
    now: Date.now,
    newId: randomUUID,
    onTrouble: () => {},
    onCheckpoint: () => {},
  })
  const reader = await openAuditReader(places)
  t.after(async () => {
    await reader.close()
    await writer.close(Date.now())
    await rm(folder, { recursive: true })
  })
  let calls = 0
  const newCallId = (): string => `call.${++calls}`
  const folding = new Folding(writer, newCallId)
  const catalog = () => known.catalog
  const audit = createAudit({ recorder: writer, folding, catalog, payloads, copyBytes: 4_096, now: Date.now })
  return {
    folding,
    call: (who, request, given = {}) =>
      call(
        {
          ...audit,
          open: (opened) =>
            openCall(opened, {
              id: newCallId(),
              newHex: randomDigits(),
              arrivedMs: Date.now(),
              beganMs: performance.now(),
            }),
          authenticate: () => who,
          resolve: (principal, asked) => resolve(known, principal, asked),
          authorize: (principal, target, open) => authorize(known, principal, target, open),
          limit: async () => undefined,
          route: async () => said({ content: [] }),
          refusal: (open) => refusalOf(known, open),
          meter: (open) => meter(open, () => performance.now()),
          ...given,
        },
        request,
      ),
    entries: async () => {
      const { items } = await reader.page({}, { limit: 1_000 })
      const own = new Set(["opening", "closing", "gap"])
      return items
        .map(({ entry }) => entry)
        .filter(({ kind }) => !own.has(kind))
        .toReversed()
    },
  }
}
