/**
 * What a service says of a call while its client is away: the latest of it, bounded in number and size, for the round
 * that comes next. The call itself: parked-call.ts.
 */

import type { Notification } from "../../mcp/message.ts"
import { copyOf, sizeOf } from "../../mcp/raw-json.ts"

const maxHeld = 64
const maxHeldBytes = 1_048_576

export class HeldNews {
  #held: Notification[] = []
  #bytes = 0

  hold({ method, params }: Notification): void {
    const bytes = sizeOf(params)
    if (bytes > maxHeldBytes) return
    this.#held.push({ method, params: copyOf(params) })
    this.#bytes += bytes
    while (this.#held.length > maxHeld || this.#bytes > maxHeldBytes)
      this.#bytes -= sizeOf(this.#held.shift()?.params ?? params)
  }

  /** All of it, in the order it came; nothing is held after that. */
  take(): readonly Notification[] {
    const held = this.#held
    this.#held = []
    this.#bytes = 0
    return held
  }
}
