/**
 * Reads an event stream (`text/event-stream`) from its bytes, chunk by chunk. Data of one line that lies in one chunk is
 * a view into it. What the events mean is left to sse-client.ts and http-client.ts.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */

import { Carry } from "./carry.ts"
import { maxIdleBytes, messageTooLarge, saysNothing } from "./channel.ts"

export type SseEvent = {
  /** `message` where the stream names none. */
  readonly event: string
  /** Its lines joined by `\n`; empty for an event that only carries an id. */
  readonly data: Buffer
  /** The last id the stream gave, with this event or before it. */
  readonly id: string | undefined
}

type SseParserOptions = {
  /** Of all lines of one event. */
  readonly maxEventBytes: number
  readonly onEvent: (event: SseEvent) => void
  readonly onComment?: (comment: Buffer) => void
}

export interface SseParser {
  /**
   * @throws GatewayError `too_large` for an event over the limit, `service_unavailable` for comments without end; the
   *   parser is of no use after that
   */
  push(chunk: Buffer): void
  /** No event is given out after this, not even from the chunk being read. One without its blank line never was sent. */
  end(): void
  /** The id to resume from, also where it came without data. */
  readonly lastEventId: string | undefined
  /** How long to wait before connecting again, where the stream said so. */
  readonly retryMs: number | undefined
}

export function createSseParser(options: SseParserOptions): SseParser {
  return new EventStreamParser(options)
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const colonByte = 0x3a
const space = 0x20
const longestField = "retry".length
const newline = Buffer.from("\n")
const byteOrderMark = Buffer.from("\uFEFF")

class EventStreamParser implements SseParser {
  readonly #options: SseParserOptions
  readonly #line = new Carry()
  readonly #joined = new Carry()
  #first: Buffer | undefined
  #dataLines = 0
  #eventBytes = 0
  /** Since the last event with data: blank lines, comments, events without. */
  #idleBytes = 0
  #event = ""
  #afterReturn = false
  #atStart = true
  #ended = false
  lastEventId: string | undefined
  retryMs: number | undefined

  constructor(options: SseParserOptions) {
    this.#options = options
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    let start = this.#skipBlanks(chunk, this.#afterReturn && chunk[0] === lineFeed ? 1 : 0)
    let feed = chunk.indexOf(lineFeed, start)
    let cr = chunk.indexOf(carriageReturn, start)
    while (!this.#ended && (feed !== -1 || cr !== -1)) {
      const end = cr !== -1 && (feed === -1 || cr < feed) ? cr : feed
      this.#finishLine(chunk.subarray(start, end))
      start = this.#skipBlanks(chunk, end === cr && feed === end + 1 ? end + 2 : end + 1)
      if (feed !== -1 && feed < start) feed = chunk.indexOf(lineFeed, start)
      if (cr !== -1 && cr < start) cr = chunk.indexOf(carriageReturn, start)
    }
    this.#afterReturn = chunk.at(-1) === carriageReturn
    if (!this.#ended && start < chunk.length) this.#keep(chunk.subarray(start))
  }

  end(): void {
    this.#ended = true
  }

  /** Blank lines between events, a byte at a time: millions of them must cost next to nothing. */
  #skipBlanks(chunk: Buffer, from: number): number {
    if (this.#atStart || this.#eventBytes > 0 || this.#line.length > 0) return from
    let start = from
    while (chunk[start] === lineFeed || chunk[start] === carriageReturn) start++
    if (start > from) this.#idle(start - from)
    return start
  }

  #idle(bytes: number): void {
    this.#idleBytes += bytes
    if (this.#idleBytes > maxIdleBytes) throw saysNothing()
  }

  #keep(piece: Buffer): void {
    this.#checkSize(this.#line.length + piece.length)
    this.#line.append(piece)
  }

  #finishLine(piece: Buffer): void {
    if (this.#line.length === 0) return this.#readLine(piece)
    this.#keep(piece)
    this.#readLine(this.#line.take())
  }

  #readLine(whole: Buffer): void {
    const line = this.#atStart && startsWithMark(whole) ? whole.subarray(byteOrderMark.length) : whole
    this.#atStart = false
    if (line.length === 0) return this.#dispatch()
    this.#checkSize(line.length)
    const colon = line.indexOf(colonByte)
    if (colon === 0) {
      this.#idle(line.length)
      return this.#options.onComment?.(line.subarray(1))
    }
    // Lines count with their ends, so that a stream of empty ones cannot grow without limit.
    this.#eventBytes += line.length + 1
    const nameEnd = colon === -1 ? line.length : colon
    if (nameEnd <= longestField) this.#readField(line.toString("latin1", 0, nameEnd), valueAfter(line, nameEnd))
  }

  #readField(name: string, value: Buffer): void {
    if (name === "data") this.#addData(value)
    else if (name === "event") this.#event = value.toString()
    else if (name === "id" && !value.includes(0)) this.lastEventId = value.toString()
    else if (name === "retry" && /^\d{1,9}$/.test(value.toString())) this.retryMs = Number(value.toString())
  }

  #addData(value: Buffer): void {
    this.#dataLines += 1
    if (this.#dataLines === 1) {
      this.#first = value
      return
    }
    if (this.#first) this.#joined.append(this.#first)
    this.#first = undefined
    this.#joined.append(newline)
    this.#joined.append(value)
  }

  #dispatch(): void {
    const data = this.#dataLines === 0 ? undefined : (this.#first ?? this.#joined.take())
    const event = this.#event || "message"
    if (data?.length) this.#idleBytes = 0
    else this.#idle(this.#eventBytes)
    this.#first = undefined
    this.#dataLines = 0
    this.#eventBytes = 0
    this.#event = ""
    if (data) this.#options.onEvent({ event, data, id: this.lastEventId })
  }

  #checkSize(lineBytes: number): void {
    const { maxEventBytes } = this.#options
    if (this.#eventBytes + lineBytes > maxEventBytes) throw messageTooLarge(maxEventBytes)
  }
}

function startsWithMark(line: Buffer): boolean {
  return line.subarray(0, byteOrderMark.length).equals(byteOrderMark)
}

function valueAfter(line: Buffer, colon: number): Buffer {
  return line.subarray(line[colon + 1] === space ? colon + 2 : colon + 1)
}
