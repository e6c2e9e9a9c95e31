/** One change of the gateway at a time, and each by who still may: waiting for others, they may have changed who asks. */

import { GatewayError } from "../../errors.ts"
import type { OperationContext } from "../operation.ts"
import { inTurn } from "./turn.ts"

/** @throws GatewayError `conflict` where the actor is not what it was when it asked */
export function inChangeTurn<T>(context: OperationContext, work: () => Promise<T>): Promise<T> {
  return inTurn(context.plans, async () => {
    await assertSelf(context)
    return work()
  })
}

async function assertSelf({ actor, principals, keys }: OperationContext): Promise<void> {
  const { principal, keyId } = actor
  const known = await principals.find(principal.id)
  const key = keyId === undefined ? undefined : await keys.find(keyId)
  const isKeyGood = keyId === undefined || (key && key.revokedAtMs === undefined)
  if (known?.version === principal.version && isKeyGood) return
  throw new GatewayError("conflict", "What you may do was changed while this waited for its turn; ask again.", {
    next: { operation: "whoami" },
  })
}
