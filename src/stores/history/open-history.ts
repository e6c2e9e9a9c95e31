/**
 * The history in files of JSON lines, `history/` of the data folder: the newest is written, the others are only read.
 * Each file begins with the services as they were when it was begun, so that what stands in the newest is enough to
 * know what the last revision left, however much was dropped.
 */

import { mkdir } from "node:fs/promises"
import { removeTemporary } from "../../durable-file.ts"
import type { JsonObject } from "../../domain/changes/history.ts"
import type { Sealer } from "../../domain/secrets/secret.ts"
import { GatewayError } from "../../errors.ts"
import { readHeads, type Keeping } from "./heads.ts"
import { JsonlHistory } from "./jsonl-history.ts"
import { noLine } from "./lines.ts"
import { baseLines, servicesAfter } from "./revisions.ts"
import { readSegment } from "./segment.ts"
import { SegmentWriter } from "./segment-writer.ts"

export type HistoryOptions = {
  /** Its own, made where it is missing. */
  readonly folder: string
  readonly sealer: Sealer
  readonly keep: Keeping
  /** The services as they are, with which a history begins that has none. */
  readonly services: () => ReadonlyMap<string, JsonObject>
  readonly now: () => number
  /** What files are dropped by; behind `now` where that has jumped. */
  readonly steady: () => number
  /** A line that was being written when a process ended was cut off. */
  readonly onTorn: (bytes: number) => void
}

/** @throws GatewayError `conflict` where the newest file is damaged, `internal` where it cannot be written */
export async function openHistory(options: HistoryOptions): Promise<JsonlHistory> {
  const { folder, sealer, onTorn } = options
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new GatewayError("internal", "The folder history in the data folder cannot be made; check its rights.", {
      cause,
    })
  })
  await removeTemporary(folder)
  if ((await readHeads(folder)).length === 0) await begin(options)
  const heads = await readHeads(folder)
  const first = heads.at(-1)?.first ?? 1
  const segment = await readSegment(folder, first)
  const services = servicesAfter(sealer, first, segment.lines)
  const writer = new SegmentWriter(folder, first, segment)
  await writer.mend()
  if (segment.torn > 0) onTorn(segment.torn)
  const history = new JsonlHistory(options, { writer, heads, segment, services })
  await history.drop()
  return history
}

async function begin({ folder, sealer, services, now }: HistoryOptions): Promise<void> {
  const lines = baseLines(sealer, { first: 1, atMs: now(), services: services() })
  await SegmentWriter.create(folder, 1, lines, noLine)
}
