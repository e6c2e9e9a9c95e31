/**
 * Posts lines of JSON to an address of the operator's, signed as Standard Webhooks describes, so that the receiver can
 * tell ours from others'. The id of a post is drawn from its content: the same id is the same content.
 *
 * @see https://www.standardwebhooks.com
 */

import { createHash, createHmac } from "node:crypto"
import { Pool, type Dispatcher } from "undici"
import type { DialGuard } from "../domain/services/machine.ts"
import { GatewayError } from "../errors.ts"
import { SinkError, type Item, type Sink } from "./sink.ts"
import { readWebhookUrl, retryAfterOf, webhookKey } from "./webhook-rules.ts"

export type WebhookSettings = {
  readonly url: string
  /** As Standard Webhooks writes it, `whsec_<base64>`, or any other text. */
  readonly secret: string
}

type WebhookOptions = WebhookSettings & {
  readonly guard?: DialGuard | undefined
  /** Of the gateway. */
  readonly version: string
  readonly now: () => number
}

const deadlineMs = 10_000
const mostAnswerBytes = 64 * 1_024

/** @throws GatewayError `invalid` for an address or a secret that is not safe to use */
export function openWebhookSink(options: WebhookOptions): Sink {
  return new WebhookSink(options)
}

class WebhookSink implements Sink {
  readonly format = "jsonl"
  readonly #url: URL
  readonly #key: Buffer
  readonly #pool: Pool
  readonly #options: WebhookOptions

  constructor(options: WebhookOptions) {
    this.#options = options
    this.#url = readWebhookUrl(options.url)
    options.guard?.assertUrl(options.url)
    this.#key = webhookKey(options.secret)
    this.#pool = new Pool(this.#url.origin, {
      connections: 1,
      pipelining: 1,
      allowH2: false,
      connect: { timeout: deadlineMs, ...(options.guard && { lookup: options.guard.lookup }) },
      headersTimeout: deadlineMs,
      bodyTimeout: deadlineMs,
    })
  }

  async send(items: readonly Item[], signal: AbortSignal): Promise<void> {
    await this.#post(items.map(({ line }) => `${line}\n`).join(""), signal)
  }

  async sendCheckpoint(note: string, signal: AbortSignal): Promise<void> {
    await this.#post(`${JSON.stringify({ type: "checkpoint", note })}\n`, signal)
  }

  async close(): Promise<void> {
    await this.#pool.destroy()
  }

  async #post(body: string, signal: AbortSignal): Promise<void> {
    const answer = await this.#answerTo(body, signal)
    if (answer.statusCode >= 200 && answer.statusCode < 300) return
    const retryAfterMs = retryAfterOf(answer.headers["retry-after"], this.#options.now())
    throw new SinkError(`${this.#url.origin} ${meaningOf(answer.statusCode)}.`, {
      retryAfterMs,
      isFinal: answer.statusCode === 410,
    })
  }

  async #answerTo(body: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const deadline = AbortSignal.timeout(deadlineMs)
    const request = {
      method: "POST" as const,
      path: this.#url.pathname + this.#url.search,
      headers: this.#headersOf(body),
      body,
      signal: AbortSignal.any([signal, deadline]),
    }
    try {
      const answer = await this.#pool.request(request)
      await answer.body.dump({ limit: mostAnswerBytes })
      return answer
    } catch (cause) {
      const why = deadline.aborted ? "did not answer within 10 s" : `cannot be reached (${codeOf(cause)})`
      throw new SinkError(`${this.#url.origin} ${why}.`, { cause })
    }
  }

  #headersOf(body: string): Readonly<Record<string, string>> {
    const id = `msg_${createHash("sha256").update(body).digest("base64url")}`
    const timestamp = Math.floor(this.#options.now() / 1_000).toString()
    const signature = createHmac("sha256", this.#key).update(`${id}.${timestamp}.${body}`).digest("base64")
    return {
      "content-type": "application/x-ndjson",
      "user-agent": `mcp-meta/${this.#options.version}`,
      "idempotency-key": id,
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": `v1,${signature}`,
    }
  }
}

function meaningOf(status: number): string {
  if (status === 410)
    return "wants no more of the log (410); remove the webhook from the settings, or name another"
  if (status >= 300 && status < 400) return `redirects (${status}), which is not followed; name the address itself`
  return `answered ${status}`
}

function codeOf(thrown: unknown): string {
  if (thrown instanceof GatewayError) return "outbound.strict: it stands for an address that may not be dialled"
  const { code, name } = thrown as NodeJS.ErrnoException
  return code ?? name
}
