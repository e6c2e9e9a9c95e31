/**
 * What the log signs before it drops entries: without such a note nobody can cut the beginning off and call that
 * retention. Who signs it: stores/sqlite/log/retention.ts; who asks for it: verification/verify-retention.ts.
 */

const title = "mcp-meta retention"

type RetentionNote = {
  readonly stream: string
  /** Up to this entry all of the stream is or will be dropped. */
  readonly size: number
  readonly timeMs: number
}

/** The text to be signed. */
export function writeRetention({ stream, size, timeMs }: RetentionNote): string {
  return `${title}\n${stream}\n${size}\n${timeMs}\n`
}

/** Undefined for a text that is none of these. */
export function readRetention(text: string): RetentionNote | undefined {
  const [found, stream = "", size = "", timeMs = "", ...rest] = text.split("\n")
  const isOne = found === title && isCount(size) && isCount(timeMs) && rest.length === 1 && rest[0] === ""
  return isOne ? { stream, size: Number(size), timeMs: Number(timeMs) } : undefined
}

function isCount(text: string): boolean {
  return /^(0|[1-9]\d{0,14})$/.test(text)
}
