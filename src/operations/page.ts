/** Long lists in pages, held together by the key of the last item shown: what changes between two pages is no matter. */

import * as z from "zod"
import { maxPageLength, type Collection, type Versioned } from "../domain/collection.ts"
import { GatewayError } from "../errors.ts"

export const pageInput = {
  cursor: z
    .string()
    .max(1_024)
    .optional()
    .describe("The nextCursor of the page before; absent for the first page."),
  limit: z.int().min(1).max(maxPageLength).default(100).describe("Items on the page."),
}

export const pageOutput = {
  nextCursor: z
    .string()
    .optional()
    .describe("Ask again with it as cursor for the next page; absent on the last one."),
}

type PageInput = { readonly cursor?: string | undefined; readonly limit: number }

/** @throws GatewayError `invalid` for a cursor that is not ours */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { cursor, limit }: PageInput,
): { readonly items: T[]; readonly nextCursor?: string } {
  const after = cursor === undefined ? undefined : readCursor(cursor)
  const sorted = items.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const rest = after === undefined ? sorted : sorted.filter((item) => keyOf(item) > after)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return last !== undefined && rest.length > limit
    ? { items: page, nextCursor: writeCursor(keyOf(last)) }
    : { items: page }
}

const mark = "after "

function writeCursor(key: string): string {
  return Buffer.from(mark + key).toString("base64url")
}

function readCursor(cursor: string): string {
  const text = Buffer.from(cursor, "base64url").toString()
  if (text.startsWith(mark)) return text.slice(mark.length)
  throw new GatewayError("invalid", "The cursor is not one of this gateway's; list again without it.")
}

export async function listAll<T extends Versioned>(collection: Collection<T>): Promise<readonly T[]> {
  const all: T[] = []
  let cursor: string | undefined
  do {
    const page = await collection.list({ limit: maxPageLength, ...(cursor !== undefined && { cursor }) })
    all.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return all
}
