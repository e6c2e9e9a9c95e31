/**
 * Posts the messages of an HTTP+SSE channel in the order they were sent. Each waits until the service has answered the
 * POST before it, so that none overtakes another on a second connection; but not for long, because some services answer a
 * POST only once its call is done, and the call may be waiting for the next message. Whose outbox: sse-client.ts.
 */

import { setTimeout as wait } from "node:timers/promises"
import type { Pool } from "undici"
import { GatewayError } from "../../errors.ts"
import { peerClosed, peerTooSlow } from "./channel.ts"

type OutboxOptions = {
  readonly pool: Pool
  readonly endpoint: URL
  readonly headers: Readonly<Record<string, string>>
  /** How long a message waits at most for the answer to the one before it. */
  readonly patienceMs?: number | undefined
  /** Told when the service will take no message any more. */
  readonly onEnd: (reason: GatewayError) => void
}

type Letter = { readonly message: Buffer; readonly onRefused: (reason: GatewayError) => void }

const shortPatienceMs = 25
const answerTimeoutMs = 60_000
const maxWaitingBytes = 64 * 1024 * 1024
/** No credential of ours is taken, or the session is gone. */
const finalStatuses = new Set([401, 403, 404, 410])

export class Outbox {
  readonly #options: OutboxOptions
  readonly #queue: Letter[] = []
  #unansweredBytes = 0
  #posting = false

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Without `onRefused`, a refusal of this message ends the channel. */
  post(message: Buffer, onRefused = this.#options.onEnd): void {
    if (this.#unansweredBytes > maxWaitingBytes) return this.#options.onEnd(peerTooSlow(maxWaitingBytes))
    this.#unansweredBytes += message.length
    this.#queue.push({ message, onRefused })
    if (!this.#posting) void this.#postAll()
  }

  async #postAll(): Promise<void> {
    const { patienceMs = shortPatienceMs } = this.#options
    this.#posting = true
    for (let letter = this.#queue.shift(); letter; letter = this.#queue.shift()) {
      const patience = new AbortController()
      const answered = this.#postOne(letter).finally(() => patience.abort())
      await Promise.race([
        answered,
        wait(patienceMs, undefined, { signal: patience.signal }).catch(() => undefined),
      ])
    }
    this.#posting = false
  }

  /** Never rejects. */
  async #postOne({ message, onRefused }: Letter): Promise<void> {
    try {
      const status = await this.#request(message)
      if (finalStatuses.has(status)) this.#options.onEnd(refused(status))
      else if (status >= 300) onRefused(refused(status))
    } catch (cause) {
      onRefused(peerClosed(cause))
    }
    this.#unansweredBytes -= message.length
  }

  /** Answers the HTTP status. */
  async #request(message: Buffer): Promise<number> {
    const { pool, endpoint, headers } = this.#options
    const { statusCode, body } = await pool.request({
      method: "POST",
      path: endpoint.pathname + endpoint.search,
      headers: { ...headers, "content-type": "application/json" },
      body: message,
      headersTimeout: answerTimeoutMs,
      bodyTimeout: answerTimeoutMs,
    })
    // The answer comes by the stream; a body here says nothing, and is not waited for.
    body.dump({ limit: 64 * 1024 }).catch(() => undefined)
    return statusCode
  }
}

function refused(status: number): GatewayError {
  return new GatewayError("service_unavailable", `The service answered ${status} to a message.`, {
    detail: { status },
  })
}
