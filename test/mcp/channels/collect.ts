/** Listens to a channel for a test: what came, and a way to wait until so many messages have. */

import { EventEmitter, once } from "node:events"
import type { Channel } from "../../../src/mcp/channels/channel.ts"

type Collected = {
  readonly messages: readonly string[]
  /** Waits for `count` messages in all, and answers what came. */
  next(count: number): Promise<readonly string[]>
}

export function collect(channel: Channel): Collected {
  const messages: string[] = []
  const arrivals = new EventEmitter()
  channel.listen((bytes) => {
    messages.push(bytes.toString())
    arrivals.emit("message")
  })
  return {
    messages,
    async next(count) {
      while (messages.length < count) {
        const reason = await Promise.race([once(arrivals, "message"), channel.closed])
        if (!Array.isArray(reason)) throw reason ?? new Error("closed by us")
      }
      return messages
    },
  }
}
