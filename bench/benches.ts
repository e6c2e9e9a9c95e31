/** The benches by name. */

import { benchCall } from "./benches/call.ts"
import { benchBudget } from "./benches/budget.ts"
import { benchCallLegacy } from "./benches/call-legacy.ts"
import { benchCallSse } from "./benches/call-sse.ts"
import { benchCallStdio } from "./benches/call-stdio.ts"
import { benchCold } from "./benches/cold.ts"
import { benchList } from "./benches/list.ts"
import { benchPayload } from "./benches/payload.ts"
import { benchPeers } from "./benches/peers.ts"
import { benchScale } from "./benches/scale.ts"
import { benchSessions } from "./benches/sessions.ts"
import type { Effort } from "./measure/effort.ts"
import type { Table } from "./measure/table.ts"

const benches = {
  call: benchCall,
  "call-legacy": benchCallLegacy,
  "call-stdio": benchCallStdio,
  "call-sse": benchCallSse,
  list: benchList,
  payload: benchPayload,
  sessions: benchSessions,
  cold: benchCold,
  scale: benchScale,
  budget: benchBudget,
  peers: benchPeers,
} as const satisfies Readonly<Record<string, (effort: Effort) => Promise<readonly Table[]>>>

type BenchName = keyof typeof benches

export const benchNames = Object.keys(benches) as readonly BenchName[]

export function isBenchName(name: string): name is BenchName {
  return Object.hasOwn(benches, name)
}

export function runBench(name: BenchName, effort: Effort): Promise<readonly Table[]> {
  return benches[name](effort)
}
