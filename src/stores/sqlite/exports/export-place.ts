/** How far an export has come: what its cursor says, so that no page needs anything of the one before it. */

import * as z from "zod"
import { readCursor, writeCursor } from "../reading/reader-cursor.ts"
import type { StreamRow } from "../reading/reader-rows.ts"

const count = z.int().nonnegative()

const placeSchema = z.strictObject({
  /** The streams that were there at the begin. */
  lastStream: count,
  stream: count,
  name: z.string(),
  /** The last checkpoint and the last entry told. */
  mark: z.int(),
  seq: count,
  /** The last entry to be told of the stream. */
  upTo: count,
  entries: count,
  streams: count,
  checkpoints: count,
})

export type ExportPlace = z.output<typeof placeSchema>

export function beginPlace(streams: readonly StreamRow[]): ExportPlace {
  const none = { name: "", mark: 0, seq: 0, upTo: 0, entries: 0, streams: 0, checkpoints: 0 }
  return { lastStream: streams.at(-1)?.id ?? 0, stream: 0, ...none }
}

export function writePlace(place: ExportPlace): string {
  return writeCursor(place)
}

/** @throws GatewayError `invalid` */
export function readPlace(cursor: string): ExportPlace {
  return readCursor(cursor, placeSchema)
}
