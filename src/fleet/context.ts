/** What every live service is given by the fleet. */

import type { Machine } from "../domain/services/machine.ts"
import type { ServiceDefinition } from "../domain/services/service.ts"
import type { PlaceholderLookup } from "../domain/secrets/placeholder.ts"
import type { OperationNames } from "../domain/admission/known-names.ts"
import type { PinStore } from "../domain/pins/pin.ts"
import type { RawJson } from "../mcp/raw-json.ts"
import type { Issues } from "./issues.ts"
import type { ListCache } from "./lists/list-cache.ts"
import type { PidLedger } from "./children/pid-ledger.ts"
import type { DeadlineWheel } from "../mcp/deadline-wheel.ts"
import type { Attempts } from "./links/attempts.ts"

type FleetLimits = {
  /** For all the lists of one service. */
  readonly listMs: number
  /** From the start of a program to the end of its handshake. */
  readonly childStartMs: number
  /** Calls that may wait, per endpoint. */
  readonly queue: number
  /** Items in one list of a service. */
  readonly tools: number
  /** Pages of one list of a service. */
  readonly pages: number
  /** All pages of one list of a service. */
  readonly listBytes: number
  readonly resultBytes: number
  /** How long a program may read nothing while something waits for it. */
  readonly writeMs: number
  /** Programs on their way up at once. */
  readonly starting: number
  /** Connections by URL being made at once. */
  readonly connecting: number
  /** Of both, begun in a second. */
  readonly connectsPerSecond: number
}

interface FleetLog {
  info(facts: Readonly<Record<string, unknown>>, message: string): void
  warn(facts: Readonly<Record<string, unknown>>, message: string): void
}

/** What of the fleet changed. */
export type FleetChange = "catalog" | "service" | "issues"

export type FleetContext = {
  readonly log: FleetLog
  readonly limits: FleetLimits
  /** Our own Implementation object. */
  readonly clientInfo: RawJson
  readonly baseEnv: Readonly<Record<string, string | undefined>>
  /** Where programs run whose definition names no folder. */
  readonly childFolder: string
  readonly lookup: PlaceholderLookup
  readonly machine: Machine
  readonly ledger: PidLedger
  readonly cache: ListCache
  readonly pins: PinStore
  /** Of the operations: names that no service should take, or speak of. */
  readonly operations: OperationNames
  readonly issues: Issues
  /** Where the deadlines of all calls are. */
  readonly wheel: DeadlineWheel
  /** To make connections, of all services. */
  readonly attempts: Attempts
  /** Processes beside this one that send calls as well. */
  readonly workers?: number
  /** Epoch ms. */
  readonly now: () => number
  /** ms of a clock that does not jump: for whatever is measured or waited for. */
  readonly elapsed: () => number
  readonly random: () => number
  readonly onChange: (what: FleetChange, service: ServiceDefinition["name"]) => void
}

/** What it takes to send calls, and no more. */
export type LinkContext = Omit<FleetContext, "cache" | "pins" | "operations" | "issues" | "onChange">
