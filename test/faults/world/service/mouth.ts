/**
 * What a service speaks through, whatever the transport: whole messages for one that behaves, parts of messages and bare
 * bytes for one that does not. Each transport makes its own: stdio.ts, http.ts, sse.ts, websocket.ts.
 */

import { once } from "node:events"
import type { Writable } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"

export type Era = "legacy" | "modern"

export const transports = ["stdio", "http", "unix", "sse", "websocket"] as const
export type Transport = (typeof transports)[number]

export type Message = {
  readonly id?: number | string | null
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
}

export interface Mouth {
  /** Says before anything else that more than one message will come; over HTTP that is an event stream. */
  stream(): void
  /** A part of one message. Resolves when there is room for more, or nobody to take it. */
  piece(bytes: Buffer | string): Promise<void>
  /** The message whose parts were said is whole. */
  finish(): void
  /** Bytes outside of any message. */
  raw(bytes: Buffer | string): Promise<void>
  /** Ends what carries the answer: a response, or the pipe. */
  end(): void
  readonly gone: boolean
  /** Whether a message has begun and is not whole. */
  readonly inside: boolean
}

/** Whoever hears a message, and answers through the mouth that came with it. */
export type Hear = (message: Message, mouth: Mouth) => void

/** Where a transport lets a service speak unasked, once it does. */
export type Unasked = (mouth: Mouth) => void

export async function say(mouth: Mouth, message: object): Promise<void> {
  await frame(mouth, JSON.stringify({ jsonrpc: "2.0", ...message }))
}

const betweenMs = 5

/** Anything at all as one message, when the one before it is whole. */
export async function frame(mouth: Mouth, bytes: Buffer | string): Promise<void> {
  while (mouth.inside && !mouth.gone) await sleep(betweenMs)
  const room = mouth.piece(bytes)
  mouth.finish()
  await room
}

/** Writes, and waits where the reader is slow. */
export async function pour(stream: Writable, bytes: Buffer | string): Promise<void> {
  if (stream.destroyed || stream.writableEnded || stream.write(bytes)) return
  const over = new AbortController()
  const { signal } = over
  await Promise.race([once(stream, "drain", { signal }), once(stream, "close", { signal })]).catch(() => {})
  over.abort()
}
