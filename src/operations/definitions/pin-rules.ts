/** How a service is pinned that an agent or a workload brings in: whatever it offers waits for somebody's approval. */

import { GatewayError } from "../../errors.ts"
import type { OperationContext } from "../operation.ts"

type Raw = Readonly<Record<string, unknown>>

/** @throws GatewayError `forbidden` where a program asks for less */
export function pinnedAs({ actor }: Pick<OperationContext, "actor">, raw: Raw): Raw {
  if (actor.principal.kind === "human") return raw
  const { pin = "approve" } = raw
  if (pin === "approve") return { ...raw, pin }
  throw new GatewayError(
    "forbidden",
    'What an agent or a workload registers is pinned with "approve": its tools are offered once somebody approved them. Leave pin out.',
  )
}
