/** Cursors of pages, which callers hand back as they came: where to go on, as JSON in base64url. */

import type * as z from "zod"
import { GatewayError } from "../../../errors.ts"

const maxChars = 4_096

export function writeCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url")
}

/** @throws GatewayError `invalid` for what is not one of ours */
export function readCursor<T>(cursor: string, schema: z.ZodType<T>): T {
  const read =
    cursor.length > maxChars ? undefined : schema.safeParse(parse(Buffer.from(cursor, "base64url").toString()))
  if (read?.success) return read.data
  throw new GatewayError("invalid", "The cursor is not one of this gateway's; ask again without it.")
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
