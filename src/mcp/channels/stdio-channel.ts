/**
 * A channel over two byte streams, one message a line: a child's stdout and stdin, or our own stdin and stdout when we
 * are the child. Starting and ending the child is left to its owner; splitting lines to line-reader.ts.
 */

import type { Readable, Writable } from "node:stream"
import { GatewayError } from "../../errors.ts"
import { Ending, peerClosed, peerStalled, peerTooSlow, type Channel } from "./channel.ts"
import { createLineReader } from "./line-reader.ts"

type StdioChannelOptions = {
  /** What the other side writes. */
  readonly input: Readable
  /** What the other side reads. */
  readonly output: Writable
  readonly maxMessageBytes: number
  /** How long the other side may read nothing while something waits for it; absent: for ever. */
  readonly stallMs?: number
  /** The end of the input does not end the channel: what is still to be said can be. */
  readonly outlivesInput?: boolean
}

/** What may wait unread: a few of the largest requests. */
const maxWaitingBytes = 64 * 1024 * 1024
const newline = Buffer.from("\n")

export function openStdioChannel(options: StdioChannelOptions): Channel {
  return new StdioChannel(options)
}

class StdioChannel implements Channel {
  readonly #ending = new Ending()
  readonly saidAll: Promise<void>
  readonly #input: Readable
  readonly #output: Writable
  readonly #maxMessageBytes: number
  #queue: Buffer[] = []
  #queuedBytes = 0
  readonly #stallMs: number | undefined
  #watching: NodeJS.Timeout | undefined
  #writtenBytes = 0

  constructor({ input, output, maxMessageBytes, stallMs, outlivesInput = false }: StdioChannelOptions) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.saidAll = promise
    this.#input = input
    this.#output = output
    this.#maxMessageBytes = maxMessageBytes
    this.#stallMs = stallMs
    for (const stream of [input, output]) stream.on("error", (cause) => this.#end(peerClosed(cause)))
    output.on("close", () => this.#end(peerClosed()))
    if (outlivesInput) input.on("end", resolve)
    else for (const over of ["end", "close"]) input.on(over, () => this.#end(peerClosed()))
  }

  get closed(): Promise<GatewayError | undefined> {
    return this.#ending.closed
  }

  send(message: Buffer, onRefused?: (reason: GatewayError) => void): void {
    if (this.#ending.ended) return
    if (this.#queuedBytes + this.#output.writableLength > maxWaitingBytes) {
      const reason = peerTooSlow(maxWaitingBytes)
      return onRefused ? onRefused(reason) : this.#end(reason)
    }
    // One write for all that this turn of the event loop sends.
    if (this.#queue.length === 0) setImmediate(() => this.#flush())
    this.#queue.push(inOneLine(message), newline)
    this.#queuedBytes += message.length + 1
  }

  listen(onMessage: (bytes: Buffer) => void): void {
    const onLine = (line: Buffer): void => {
      if (!this.#ending.ended) onMessage(line)
    }
    const reader = createLineReader({ maxLineBytes: this.#maxMessageBytes, onLine })
    this.#input.on("data", (chunk: Buffer) => {
      // Read on after the end, or a child that still writes would block instead of exiting.
      if (this.#ending.ended) return
      try {
        reader.push(chunk)
      } catch (thrown) {
        this.#end(GatewayError.from(thrown))
      }
    })
  }

  close(): void {
    this.#end(undefined)
  }

  #flush(): void {
    if (this.#queue.length === 0 || this.#output.destroyed) return
    const bytes = Buffer.concat(this.#queue)
    this.#queue = []
    this.#queuedBytes = 0
    this.#writtenBytes += bytes.length
    if (!this.#output.write(bytes) && this.#stallMs !== undefined) this.#watch(this.#stallMs)
  }

  /** Only while something waits. */
  #watch(stallMs: number): void {
    if (this.#watching) return
    const readBytes = this.#writtenBytes - this.#output.writableLength
    this.#watching = setTimeout(() => {
      this.#watching = undefined
      if (this.#output.writableLength === 0) return
      if (this.#writtenBytes - this.#output.writableLength > readBytes) this.#watch(stallMs)
      else this.#end(peerStalled(stallMs))
    }, stallMs).unref()
  }

  #end(reason: GatewayError | undefined): void {
    if (!this.#ending.end(reason)) return
    clearTimeout(this.#watching)
    if (reason === undefined) {
      this.#flush()
      this.#output.end()
      this.#input.resume()
    } else {
      this.#queue = []
      this.#output.destroy()
      this.#input.destroy()
    }
  }
}

/** JSON allows line ends only between its tokens, where a space means the same; here they would end the message. */
function inOneLine(message: Buffer): Buffer {
  if (!message.includes(0x0a) && !message.includes(0x0d)) return message
  return Buffer.from(message.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)))
}
