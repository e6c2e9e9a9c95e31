/** What the machine that the gateway runs on lends to services: its programs, and its way into networks. */

import type { LookupFunction } from "node:net"
import type { Program } from "../command-rules.ts"
import type { NetworkRules } from "./network-rules.ts"

/** Watches over connections to one service. */
export type DialGuard = {
  /** Of an address that stands in the URL itself. @throws GatewayError `invalid` */
  assertUrl(url: string): void
  /** In place of the system's: fails where a name stands for an address that may not be dialled, and gives those that were looked at. */
  readonly lookup: LookupFunction
}

export interface Machine {
  /** @param rules of a service's file; absent where it says nothing */
  guardFor(rules: NetworkRules | undefined): DialGuard
  /** @param origin who defined it: files are judged where the operator wants that. @throws GatewayError `invalid` */
  assertHarmless(program: Program, origin: "operation" | "file"): Promise<void>
}
