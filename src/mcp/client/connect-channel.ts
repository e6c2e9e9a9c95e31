/**
 * A link over a channel. A pipe cannot say "wrong era" as HTTP can, so silence and a closed pipe are answers here.
 */

import { GatewayError } from "../../errors.ts"
import type { Channel } from "../channels/channel.ts"
import { DuplexCarrier } from "./duplex-carrier.ts"
import { openLegacyLink } from "./legacy-link.ts"
import type { Link, LinkOptions } from "./link.ts"
import { openModernLink } from "./modern-link.ts"
import { reasonOf } from "./open-calls.ts"
import { probeChannel, type Verdict } from "./probe.ts"
import { clientOf } from "./service-facts.ts"

const defaultProbeMs = 3_000

export async function connectChannel(
  open: () => Promise<Channel>,
  options: LinkOptions,
  signal: AbortSignal,
): Promise<Link> {
  const attempt = new ChannelAttempt(open, options, signal)
  try {
    return await attempt.run()
  } catch (thrown) {
    await attempt.close()
    throw thrown
  }
}

class ChannelAttempt {
  readonly #open: () => Promise<Channel>
  readonly #options: LinkOptions
  readonly #signal: AbortSignal
  #carrier: DuplexCarrier | undefined
  #ended = false

  constructor(open: () => Promise<Channel>, options: LinkOptions, signal: AbortSignal) {
    this.#open = open
    this.#options = options
    this.#signal = signal
  }

  async run(): Promise<Link> {
    const verdict = this.#options.eraHint === "legacy" ? undefined : await this.#probe()
    if (verdict?.era === "modern") return this.#modern(verdict)
    try {
      return await openLegacyLink(await this.#living(), clientOf("legacy", this.#options), this.#signal)
    } catch (refused) {
      // What answered the probe has told its era; a hint may be old, and silence may have been a slow start.
      if (verdict?.because === "answer" || verdict?.because === "ended" || this.#signal.aborted) throw refused
      const second = await this.#probe()
      if (second.era === "modern") return this.#modern(second)
      throw refused
    }
  }

  async close(): Promise<void> {
    await this.#carrier?.close()
  }

  async #probe(): Promise<Verdict> {
    const { probeTimeoutMs = defaultProbeMs } = this.#options
    return probeChannel(await this.#living(), clientOf("modern", this.#options), this.#signal, probeTimeoutMs)
  }

  async #modern({ discovered }: Verdict & { era: "modern" }): Promise<Link> {
    return openModernLink(await this.#living(), clientOf("modern", this.#options), discovered)
  }

  /** A carrier whose channel stands: the one there is, or one to a service started anew. */
  async #living(): Promise<DuplexCarrier> {
    if (this.#carrier && !this.#ended) return this.#carrier
    const carrier = new DuplexCarrier(await openWithin(this.#open, this.#signal), this.#options.onDropped)
    this.#ended = false
    void carrier.closed.then(() => (this.#ended = true))
    this.#carrier = carrier
    return carrier
  }
}

/** A channel that opens too late is closed again. */
function openWithin(open: () => Promise<Channel>, signal: AbortSignal): Promise<Channel> {
  const { promise, resolve, reject } = Promise.withResolvers<Channel>()
  const stop = (): void => reject(reasonOf(signal))
  signal.addEventListener("abort", stop, { once: true })
  open().then(
    (channel) => (signal.aborted ? channel.close() : resolve(channel)),
    (thrown: unknown) => reject(GatewayError.from(thrown)),
  )
  return promise.finally(() => signal.removeEventListener("abort", stop))
}
