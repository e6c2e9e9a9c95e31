/**
 * Ends what is open for callers that may call no longer, because their key was revoked or has expired, or their
 * principal was disabled or removed: calls, wherever they wait, and those that are parked. Subscriptions end by
 * themselves (call/subscription.ts), and sessions and pipes with them.
 */

import type { Bridge } from "../call/bridge.ts"
import type { Steps } from "../call/call.ts"
import type { ListSteps } from "../call/list.ts"
import type { WhyRefused } from "../domain/principal.ts"
import { GatewayError } from "../errors.ts"
import type { OpenCalls } from "./open-calls.ts"

type Ending = {
  readonly open: OpenCalls
  readonly bridge: Bridge
  readonly steps: Pick<Steps, "authenticate"> & Pick<ListSteps, "refused">
}

/** @returns to be called when somebody may have lost the right to call */
export function endingRefused({ open, bridge, steps }: Ending): () => void {
  const whyRefused = refusing(steps)
  return () => {
    open.endRefused(whyRefused)
    for (const asked of bridge.endRefused(whyRefused))
      // A parked call has no request that could record its end; what the log could not take, it counts.
      steps.refused(asked, whyRefused(asked.caller)).catch(() => undefined)
  }
}

export function refusing({ authenticate }: Pick<Steps, "authenticate">): WhyRefused {
  return (caller) => {
    try {
      authenticate(caller)
      return undefined
    } catch (thrown) {
      return GatewayError.from(thrown)
    }
  }
}
