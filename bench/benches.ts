/** The benches by name. */

import { benchCall } from "./benches/call.ts"
import type { Effort } from "./measure/effort.ts"
import type { Table } from "./measure/table.ts"

const benches = {
  call: benchCall,
} as const satisfies Readonly<Record<string, (effort: Effort) => Promise<readonly Table[]>>>

type BenchName = keyof typeof benches

export const benchNames = Object.keys(benches) as readonly BenchName[]

export function isBenchName(name: string): name is BenchName {
  return Object.hasOwn(benches, name)
}

export function runBench(name: BenchName, effort: Effort): Promise<readonly Table[]> {
  return benches[name](effort)
}
