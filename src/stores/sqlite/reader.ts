/**
 * Reads the audit log for everyone but its writer: pages, exports, usage, verification. All of it happens in threads of
 * its own and read-only, so that neither calls nor the writer wait. What is asked and answered: reader-answers.ts.
 * What was used before a start is read by whoever asks, before there are calls: a thread for that alone would leave the
 * memory of its start behind, some 20 MB.
 */

import { setImmediate as breathe } from "node:timers/promises"
import type { KeptEntry } from "../../domain/audit/entry.ts"
import type { AuditLog } from "../../domain/audit/log.ts"
import type { PastUse, Usage } from "../../domain/usage.ts"
import { GatewayError } from "../../errors.ts"
import { openReadOnly } from "./reading/reader-database.ts"
import { ReaderLink, unreadable } from "./reading/reader-link.ts"
import { pastPage, type PastPage } from "./usage/usage-past.ts"
import { verifyApart } from "./verification/verify-apart.ts"

export type AuditReader = Pick<AuditLog, "page" | "exportPage" | "verify"> &
  Usage & {
    /** In the order in which they were recorded. Fewer than `limit` may come; none only where there are none. */
    entriesAfter(id: number, limit: number): Promise<readonly { readonly id: number; readonly kept: KeptEntry }[]>
    /** 0 where there is no entry. */
    lastId(): Promise<number>
    close(): Promise<void>
  }

export type ReaderOptions = {
  /** DATA/audit, where a writer has been before. */
  readonly folder: string
  /** DATA/keys */
  readonly keysFolder: string
}

const deadlineMs = 10_000

/** @throws GatewayError `internal` where the log cannot be read */
export async function openAuditReader({ folder, keysFolder }: ReaderOptions): Promise<AuditReader> {
  const place = { folder, keysFolder }
  requireLog(folder)
  const link = new ReaderLink(place, deadlineMs)
  const closing = new AbortController()
  return {
    page: (filter, request) => link.ask("page", { filter, request }),
    exportPage: (request) => link.ask("exportPage", request),
    verify: (range, signal) =>
      verifyApart({ ...place, ...range, writer: "here" }, AbortSignal.any([signal, closing.signal])),
    sum: (request) => link.ask("usageSum", request),
    ofTool: (tool, range) => link.ask("usageOfTool", { tool, range }),
    past: (sinceMs, nowMs) => past(folder, sinceMs, nowMs),
    entriesAfter: (id, limit) => link.ask("entriesAfter", { id, limit }),
    lastId: () => link.ask("lastId", undefined),
    close: async () => {
      closing.abort()
      await link.close()
    },
  }
}

/** The thread starts with the first question, which may be long after: what is wrong from the start is told now. */
function requireLog(folder: string): void {
  try {
    openReadOnly(folder).close()
  } catch (cause) {
    throw unreadable("its file cannot be opened", cause)
  }
}

async function* past(folder: string, sinceMs: number, nowMs: number): AsyncGenerator<PastUse> {
  let cursor: string | undefined
  const db = openReadOnly(folder)
  try {
    do {
      const page = readPast(db, { sinceMs, nowMs, ...(cursor !== undefined && { cursor }) })
      yield* page.uses
      cursor = page.nextCursor
      await breathe()
    } while (cursor !== undefined)
  } finally {
    db.close()
  }
}

function readPast(...asked: Parameters<typeof pastPage>): PastPage {
  try {
    return pastPage(...asked)
  } catch (thrown) {
    throw thrown instanceof GatewayError ? thrown : unreadable("what was used cannot be summed", thrown)
  }
}
