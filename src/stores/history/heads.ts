/** The files of a history, by their heads: which revisions are in which, and whether they follow each other. */

import { open, readdir } from "node:fs/promises"
import { join } from "node:path"
import { readLine } from "./lines.ts"
import { damaged, nameOf, noHead } from "./segment.ts"

export type Head = {
  /** The number of its first revision. */
  readonly first: number
  /** When it was begun: what stands before it is older. */
  readonly atMs: number
  /** The digest of the last line of the file before it. */
  readonly previous: string
  readonly bytes: number
}

const newline = 0x0a
const maxHeadBytes = 4_096

/** Sorted, the oldest first. @throws GatewayError `conflict` */
export async function readHeads(folder: string): Promise<readonly Head[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{12}\.jsonl$/.test(name)).sort()
  const heads: Head[] = []
  for (const name of names) heads.push(await readHead(folder, Number(name.slice(0, 12))))
  return heads
}

async function readHead(folder: string, first: number): Promise<Head> {
  await using file = await open(join(folder, nameOf(first)), "r")
  const { size } = await file.stat()
  const { buffer, bytesRead } = await file.read(Buffer.alloc(maxHeadBytes), 0, maxHeadBytes, 0)
  const end = buffer.subarray(0, bytesRead).indexOf(newline)
  const line = end < 0 ? undefined : readLine(buffer.subarray(0, end))
  if (line?.kind !== "segment" || line.first !== first) throw damaged(first, "line 1", noHead)
  return { first, atMs: line.atMs, previous: line.previous, bytes: size }
}

/** How much is kept. Whole files are dropped, so a little more is there at times. */
export type Keeping = {
  /** At least so many revisions, where they have room. */
  readonly revisions: number
  /** 0 for good. */
  readonly maxAgeMs: number
  readonly maxBytes: number
}

/** Those to be dropped, the oldest first; never the last, which is being written. */
export function dropped(
  heads: readonly Head[],
  { last, nowMs }: { readonly last: number; readonly nowMs: number },
  keep: Keeping,
): readonly Head[] {
  let bytes = heads.reduce((sum, head) => sum + head.bytes, 0)
  const count = heads.slice(0, -1).findIndex((head, at) => {
    const next = heads[at + 1]
    if (next === undefined) return true
    const isOld = keep.maxAgeMs > 0 && next.atMs < nowMs - keep.maxAgeMs
    const isSurplus = last - next.first + 1 >= keep.revisions
    const isTooMuch = bytes > keep.maxBytes
    bytes -= head.bytes
    return !isOld && !isSurplus && !isTooMuch
  })
  return heads.slice(0, count < 0 ? Math.max(0, heads.length - 1) : count)
}
