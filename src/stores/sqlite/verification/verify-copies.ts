/**
 * Whether as many redacted copies are gone as `erasure` entries say. Those that retention dropped went with their
 * entries; the erasures before them did, too. To be asked of a log of which the entries are known to be whole.
 */

import type { DatabaseSync } from "node:sqlite"
import type { Damage } from "../../../domain/audit/verdict.ts"
import { foundLater } from "../schema.ts"

type GoneCopies = { readonly damage?: Damage; readonly remarks: readonly string[] }

const goneCopy = `FROM entries e WHERE e.body ->> '$.copy' IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM copies c WHERE c.stream = e.stream AND c.seq = e.seq)`

/** One statement, so that an erasure meanwhile is in both counts or in none. */
const counts = `SELECT (SELECT count(*) ${goneCopy}) AS gone,
  (SELECT sum(body ->> '$.detail.copies') FROM entries WHERE id IN (
    SELECT id FROM found_by WHERE kind NOT IN ('start', 'end') AND kind = 'erasure'
    UNION ALL SELECT id FROM (${foundLater}) WHERE kind = 'erasure')) AS erased`

const firstGone = `SELECT (SELECT name FROM streams WHERE id = e.stream) AS stream, e.seq ${goneCopy}
  ORDER BY e.id LIMIT 1`

export function countGoneCopies(db: DatabaseSync): GoneCopies {
  const { gone, erased } = db.prepare(counts).get() ?? {}
  const [missing, accounted] = [Number(gone), Number(erased ?? 0)]
  if (missing === 0) return { remarks: [] }
  const numbers = `The redacted copies of ${missing} entries are gone; erasures account for ${accounted} of them`
  if (missing <= accounted) return { remarks: [`${numbers}, and nothing tells which.`] }
  const { stream, seq } = db.prepare(firstGone).get() ?? {}
  const message = `${numbers}. Entry ${Number(seq)} is the first that has none any more.`
  return { remarks: [], damage: { stream: String(stream), seq: Number(seq), kind: "altered_copy", message } }
}
