/** What a sink is: one place outside of the gateway to which the audit log is copied. When it is asked: pump.ts. */

import type { KeptEntry } from "../domain/audit/entry.ts"
import type { ExportFormat } from "../domain/audit/log.ts"

export const sinkNames = ["file", "webhook", "syslog"] as const
export type SinkName = (typeof sinkNames)[number]

/** One line. */
export type Item = {
  /** `<stream>/<seq>`: the same whenever the same entry is sent again. */
  readonly key: string
  readonly kept: KeptEntry
  readonly line: string
}

export interface Sink {
  readonly format: ExportFormat
  /**
   * Resolves when the receiver has all of them, in order.
   *
   * @param signal gives the try up
   * @throws SinkError
   */
  send(items: readonly Item[], signal: AbortSignal): Promise<void>
  /** How many of the batches sent last may be lost on the way yet. Absent where the receiver answers. */
  readonly uncertain?: number
  /** The checkpoint as it was signed. Absent where checkpoints are not sent. @throws SinkError */
  sendCheckpoint?(note: string, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Why something could not be delivered, in words for an operator. */
export class SinkError extends Error {
  readonly retryAfterMs: number | undefined
  /** Whether the receiver wants no more at all. */
  readonly isFinal: boolean

  constructor(
    message: string,
    {
      cause,
      retryAfterMs,
      isFinal = false,
    }: { cause?: unknown; retryAfterMs?: number | undefined; isFinal?: boolean } = {},
  ) {
    super(message, { cause })
    this.name = "SinkError"
    this.retryAfterMs = retryAfterMs
    this.isFinal = isFinal
  }
}
