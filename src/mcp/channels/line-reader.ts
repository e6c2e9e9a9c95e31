/**
 * Splits a byte stream into lines, the framing of MCP over stdio. A line that lies in one chunk is a view into it; only
 * what a chunk end cuts is copied. Whether a line is JSON is left to outline.ts.
 */

import { Carry } from "./carry.ts"
import { maxIdleBytes, messageTooLarge, saysNothing } from "./channel.ts"

type LineReaderOptions = {
  /** Of one line, without its end. */
  readonly maxLineBytes: number
  /** Gets each line that is not blank, without `\n` or `\r\n`. */
  readonly onLine: (line: Buffer) => void
}

type LineReader = {
  /**
   * @throws GatewayError `too_large` for a line over the limit, `service_unavailable` for blanks without end; the
   *   reader is of no use after that
   */
  push(chunk: Buffer): void
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** A line without an end when the stream stops was cut off by it, and is never given out. */
export function createLineReader({ maxLineBytes, onLine }: LineReaderOptions): LineReader {
  const carry = new Carry()
  let idleBytes = 0

  function keep(piece: Buffer): void {
    // One more than the limit: the last byte may still turn out to be the end's carriage return.
    if (carry.length + piece.length > maxLineBytes + 1) throw messageTooLarge(maxLineBytes)
    carry.append(piece)
  }

  function finish(piece: Buffer): void {
    if (carry.length === 0) return give(piece)
    keep(piece)
    give(carry.take())
  }

  function give(whole: Buffer): void {
    const line = whole.at(-1) === carriageReturn ? whole.subarray(0, -1) : whole
    if (line.length > maxLineBytes) throw messageTooLarge(maxLineBytes)
    idleBytes = 0
    onLine(line)
  }

  /** Blank lines, and the blanks before a message, a byte at a time: millions of them must cost next to nothing. */
  function skipBlanks(chunk: Buffer, from: number): number {
    let start = from
    while (isBlank(chunk[start])) start++
    if (start === from) return start
    idleBytes += start - from
    if (idleBytes > maxIdleBytes) throw saysNothing()
    return start
  }

  return {
    push(chunk) {
      let start = carry.length === 0 ? skipBlanks(chunk, 0) : 0
      for (let end = chunk.indexOf(lineFeed, start); end !== -1; end = chunk.indexOf(lineFeed, start)) {
        finish(chunk.subarray(start, end))
        start = skipBlanks(chunk, end + 1)
      }
      if (start < chunk.length) keep(chunk.subarray(start))
    },
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === lineFeed || byte === 0x20 || byte === 0x09 || byte === carriageReturn
}
