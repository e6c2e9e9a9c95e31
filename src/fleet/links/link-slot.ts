/**
 * The place of one connection: made once however many wait for it, made anew when it is lost, and not made at all for
 * a while after it could not be.
 */

import { GatewayError } from "../../errors.ts"
import type { Link } from "../../mcp/client/link.ts"
import { abortable } from "./abortable.ts"
import { backoffMs } from "./backoff.ts"

export type SlotOptions = {
  readonly make: () => Promise<Link>
  /** `eager` comes back by itself, `lazy` when the next call wants it. */
  readonly comeback: "eager" | "lazy"
  readonly onUp?: (link: Link) => void
  /** It was lost, or could not be made. */
  readonly onDown?: (reason: GatewayError) => void
  /** ms of a clock that does not jump. */
  readonly elapsed: () => number
  readonly random: () => number
}

/** A connection that lasted so long was no failure: the next one is made at once. */
const stableMs = 30_000

export class LinkSlot {
  /** Calls that go over it now. */
  inUse = 0
  usedAtMs: number
  readonly #options: SlotOptions
  #link: Link | undefined
  #connecting: Promise<Link> | undefined
  #upSinceMs = 0
  #failures = 0
  #retryAtMs = 0
  #lastError: GatewayError | undefined
  #comeback: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: SlotOptions) {
    this.#options = options
    this.usedAtMs = options.elapsed()
  }

  get link(): Link | undefined {
    return this.#link
  }

  get connecting(): boolean {
    return this.#connecting !== undefined
  }

  get lastError(): GatewayError | undefined {
    return this.#lastError
  }

  /** Makes the connection in the background. */
  start(): void {
    this.get(new AbortController().signal).catch(() => {})
  }

  /** @throws GatewayError with `detail.sent` false; or the signal's reason */
  async get(signal: AbortSignal): Promise<Link> {
    this.usedAtMs = this.#options.elapsed()
    if (this.#link) return this.#link
    if (this.#closed) throw unsent("The connection was closed.")
    const waitMs = this.#retryAtMs - this.#options.elapsed()
    if (!this.#connecting && this.#lastError && waitMs > 0) throw again(this.#lastError, waitMs)
    this.#connecting ??= this.#connect()
    return abortable(this.#connecting, signal)
  }

  /** The same for a call, which counts from now on. @throws as `get` */
  async use(signal: AbortSignal): Promise<Link> {
    this.inUse++
    try {
      return await this.get(signal)
    } catch (thrown) {
      this.inUse--
      throw thrown
    }
  }

  /** Gives up this connection; a new one takes its place where it was the one in use. */
  drop(link: Link, reason: GatewayError): void {
    // Also a lost one may hold on to something, and its last word is of no use.
    void link.close().catch(() => {})
    if (this.#link === link) this.#lose(reason)
  }

  /** A connection that is being made closes when it stands; nobody waits for it. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#comeback)
    const link = this.#link
    this.#link = undefined
    await link?.close().catch(() => {})
  }

  async #connect(): Promise<Link> {
    clearTimeout(this.#comeback)
    try {
      const link = await this.#options.make()
      if (this.#closed) {
        void link.close().catch(() => {})
        throw unsent("The connection was closed.")
      }
      this.#link = link
      this.#upSinceMs = this.#options.elapsed()
      this.#lastError = undefined
      void link.closed.then((reason) => reason && this.drop(link, reason))
      this.#options.onUp?.(link)
      return link
    } catch (thrown) {
      const error = withoutSending(GatewayError.from(thrown))
      this.#failed(error, backoffMs(this.#failures++, {}, this.#options.random))
      throw error
    } finally {
      this.#connecting = undefined
    }
  }

  #lose(reason: GatewayError): void {
    this.#link = undefined
    if (this.#options.elapsed() - this.#upSinceMs >= stableMs) this.#failures = 0
    // The first loss may be a restart; one after another is a service that does not stay up.
    const attempt = this.#failures++ - 1
    this.#failed(reason, attempt < 0 ? 0 : backoffMs(attempt, {}, this.#options.random))
  }

  #failed(error: GatewayError, waitMs: number): void {
    if (this.#closed) return
    const pauseMs = Math.max(waitMs, error.retryAfterMs ?? 0)
    this.#lastError = error
    this.#retryAtMs = this.#options.elapsed() + pauseMs
    this.#options.onDown?.(error)
    if (this.#options.comeback === "lazy") return
    // Its time has come whatever the clock says, which may lag behind the timer.
    this.#comeback = setTimeout(() => {
      this.#retryAtMs = 0
      this.start()
    }, pauseMs)
    this.#comeback.unref()
  }
}

function unsent(message: string): GatewayError {
  return new GatewayError("service_unavailable", message, { detail: { sent: false } })
}

function withoutSending(error: GatewayError): GatewayError {
  const { code, message, detail, retryAfterMs } = error
  return new GatewayError(code, message, {
    detail: { ...detail, sent: false },
    cause: error,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

function again(error: GatewayError, waitMs: number): GatewayError {
  const text = `The service could not be connected and is tried again soon: ${error.message}`
  return new GatewayError("service_unavailable", text, {
    detail: { sent: false },
    retryAfterMs: Math.ceil(waitMs),
    cause: error,
  })
}
