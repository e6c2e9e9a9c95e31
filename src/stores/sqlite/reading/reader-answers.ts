/** What may be asked of the reading thread, and how each is answered: one function for each question. */

import type { DatabaseSync } from "node:sqlite"
import type { EntryFilter, ExportRequest } from "../../../domain/audit/log.ts"
import type { UsageRequest } from "../../../domain/usage.ts"
import { readExportPage } from "../exports/export-page.ts"
import { entriesAfter } from "./reader-entry.ts"
import { readPage, type PageRequest } from "./page.ts"
import { sumUsage } from "../usage/usage-sum.ts"
import { usageOfTool, type ToolRange } from "../usage/usage-tool.ts"

export type ReaderPlace = { readonly folder: string; readonly keysFolder: string }

export const answers = {
  page: (db: DatabaseSync, asked: { readonly filter: EntryFilter; readonly request: PageRequest }) =>
    readPage(db, asked.filter, asked.request),
  exportPage: (db: DatabaseSync, request: ExportRequest, { keysFolder }: ReaderPlace) =>
    readExportPage({ db, keysFolder }, request),
  entriesAfter: (db: DatabaseSync, asked: { readonly id: number; readonly limit: number }) =>
    entriesAfter(db, asked.id, asked.limit),
  lastId: (db: DatabaseSync, _asked: undefined) =>
    Number(db.prepare("SELECT coalesce(max(id), 0) AS id FROM entries").get()?.["id"]),
  usageSum: (db: DatabaseSync, request: UsageRequest) => sumUsage(db, request),
  usageOfTool: (db: DatabaseSync, asked: { readonly tool: string; readonly range: ToolRange }) =>
    usageOfTool(db, asked.tool, asked.range),
} as const

export type Question = keyof typeof answers
export type Asked<Q extends Question> = Parameters<(typeof answers)[Q]>[1]
export type Answered<Q extends Question> = ReturnType<(typeof answers)[Q]>

export type ToReader = { readonly ask: number; readonly question: Question; readonly asked: unknown }

export type FromReader =
  | { readonly ask: number; readonly answer: unknown }
  | { readonly ask: number; readonly refusal: Refusal }

/** A GatewayError on its way between threads; what else was thrown is our own fault. */
export type Refusal = {
  readonly code: string
  readonly message: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly operation?: string
}
