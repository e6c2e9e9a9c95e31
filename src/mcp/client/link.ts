/**
 * A link: our side as the client of one service, in the neutral form. Whoever holds one need not know the era or the
 * transport beneath it. How one is made: negotiate.ts.
 */

import type { GatewayError } from "../../errors.ts"
import type { Era, Handler, Revision } from "../message.ts"
import type { RawJson, RawObject } from "../raw-json.ts"
import type { FindParamHeaders } from "./http-modern-headers.ts"

/** What a service said of itself when the link was made. */
export type ServiceFacts = {
  readonly era: Era
  readonly revision: Revision
  readonly capabilities: Readonly<Record<string, unknown>>
  /** The Implementation object: for display, never for trust. */
  readonly info: RawJson | undefined
  readonly instructions: string | undefined
}

/** One live connection to a service; answers requests in the neutral form. */
export interface Link {
  readonly facts: ServiceFacts
  /** Whether the service may remember from one request to the next over which connection it came. */
  readonly remembers: boolean
  /**
   * Rejects with a GatewayError where no answer came; `detail.sent` is false where the service took nothing, so that
   * the request may be sent again. A subscription resolves when its signal aborts.
   */
  readonly handle: Handler
  /** Settles once: with the reason when the connection is lost, with undefined when we closed it. Never rejects. */
  readonly closed: Promise<GatewayError | undefined>
  /** A cheap round trip: `ping` in the legacy era, `server/discover` in the modern one. */
  ping(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** What a link is made with. */
export type LinkOptions = {
  /** The era it had the last time. */
  readonly eraHint?: Era
  /** The ClientCapabilities under which a legacy session is opened. */
  readonly capabilities: RawObject
  /** Our own Implementation object. */
  readonly clientInfo: RawJson
  readonly connectTimeoutMs: number
  /** How long a pipe may leave the modern question unanswered. */
  readonly probeTimeoutMs?: number
  readonly limits: {
    readonly maxResultBytes: number
    /** Of one page of a list, where it is less. */
    readonly maxListBytes?: number
  }
  /** Told how many messages of the service were too much: the first, and all at the end. */
  readonly onDropped?: (messages: number) => void
  readonly paramHeaders?: FindParamHeaders
}

/** How large an answer may be that comes by itself. */
export function maxAnswerBytes(method: string, limits: LinkOptions["limits"]): number {
  const { maxResultBytes, maxListBytes = maxResultBytes } = limits
  return method.endsWith("/list") ? Math.min(maxListBytes, maxResultBytes) : maxResultBytes
}
