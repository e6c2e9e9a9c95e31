/**
 * What a network can do to the connections between two parties who behave well. Each begins in the middle of calls, holds
 * for connections that stand and those made meanwhile, and ends when the toxics are taken off.
 */

import type { Faultd } from "./faultd.ts"
import { bandwidth, corrupt, halfClose, latency, reset, slices, stall, vanish, type Toxic } from "./toxics.ts"

export type NetworkFault = {
  readonly name: string
  readonly begin: (faultd: Faultd) => void | Promise<void>
  /** It takes time and nothing else: every call is answered. */
  readonly harmless?: true
  /** While it lasts; a few unless said. */
  readonly calls?: number
}

/** Of the requests and answers that pass, head and all, most are longer than this and none is four times as long. */
const middle = 300

const up =
  (...toxics: readonly Toxic[]): NetworkFault["begin"] =>
  (faultd) =>
    faultd.set({ up: toxics })
const down =
  (...toxics: readonly Toxic[]): NetworkFault["begin"] =>
  (faultd) =>
    faultd.set({ down: toxics })
const both =
  (...toxics: readonly Toxic[]): NetworkFault["begin"] =>
  (faultd) =>
    faultd.set({ up: toxics, down: toxics })

export const networkFaults: readonly NetworkFault[] = [
  { name: "latency with jitter", begin: both(latency(40, 40)), harmless: true },
  { name: "seven bytes a packet", begin: both(slices(7)), harmless: true },
  { name: "a narrow band", begin: both(bandwidth(20_000)), harmless: true },
  { name: "DS-02 latency past every deadline", begin: down(latency(1_500)) },
  { name: "DS-03 ten bytes a second upwards", begin: up(slices(1, 100)) },
  { name: "DS-03 ten bytes a second downwards", begin: down(slices(1, 100)) },
  { name: "DS-17 RST in a request", begin: up(reset(middle)) },
  { name: "DS-17 RST in place of an answer", begin: down(reset(0)) },
  { name: "DS-17 RST in an answer", begin: down(reset(middle)) },
  { name: "DS-17 RST for all at once", begin: (faultd) => faultd.cut() },
  { name: "DS-04 the end in place of an answer", begin: down(halfClose(0)) },
  { name: "DS-04 the end in an answer", begin: down(halfClose(middle)) },
  { name: "DS-04 the end in a request", begin: up(halfClose(middle)) },
  { name: "DS-17 half-open", begin: both(vanish) },
  { name: "DS-17 requests vanish", begin: up(vanish) },
  { name: "DS-17 answers vanish", begin: down(vanish) },
  { name: "DS-17 half-open for good, new connections stand", begin: (faultd) => faultd.lose() },
  { name: "DS-02 requests come late", begin: up(stall) },
  { name: "DS-02 answers come late", begin: down(stall) },
  { name: "DS-11 requests with broken bytes", begin: up(corrupt(97, 1)) },
  { name: "DS-11 answers with broken bytes", begin: down(corrupt(97, 1)) },
  { name: "DS-11 one broken byte in an answer", begin: down(corrupt(2 ** 30, middle)) },
  { name: "DS-21 flapping every 100 ms", begin: (faultd) => faultd.flap(100), calls: 30 },
  { name: "DS-17 refused", begin: (faultd) => faultd.refuse() },
]

export async function lift(faultd: Faultd): Promise<void> {
  faultd.set({})
  await faultd.accept()
}
