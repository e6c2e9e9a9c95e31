/**
 * Where connections to one service may go: the names in its URLs are looked up here, every address that they stand for
 * is checked, and those very addresses are dialled. One that may not be dialled among them refuses all: a name of a
 * service on the Internet has no business with addresses of an inner network.
 *
 * Addresses in the URL itself are never looked up, and are checked with the URL. Which may be: domain/services/network-rules.ts.
 */

import type { LookupAddress } from "node:dns"
import { lookup as lookUp } from "node:dns/promises"
import { isIP, type LookupFunction } from "node:net"
import { networkInterfaces } from "node:os"
import type { DialGuard } from "../../domain/services/machine.ts"
import {
  compileNetwork,
  notAllowed,
  type NetworkRules,
  type OutboundTerms,
} from "../../domain/services/network-rules.ts"

export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>

export function guardDials(
  rules: NetworkRules,
  terms: OutboundTerms,
  resolve: Resolve = (hostname) => lookUp(hostname, { all: true }),
): DialGuard {
  const network = compileNetwork(rules, terms, ownAddresses)
  const allowed = async (hostname: string): Promise<LookupAddress[]> => {
    const addresses = await resolve(hostname)
    if (addresses.every(({ address }) => isIP(address) > 0 && network.allows(address))) return [...addresses]
    throw notAllowed("service_unavailable")
  }
  const lookup: LookupFunction = (hostname, { all = false }, callback) => {
    allowed(hostname).then(
      (addresses) => {
        const [first] = addresses
        if (all || !first) callback(first ? null : nothingFound(hostname), addresses)
        else callback(null, first.address, first.family)
      },
      (thrown: unknown) => callback(thrown as NodeJS.ErrnoException, []),
    )
  }
  return { assertUrl: (url) => network.assertUrl(url), lookup }
}

function nothingFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`No address for ${hostname}`), { code: "ENOTFOUND" })
}

/** Read anew each time: a machine gets and loses addresses while it runs. */
function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address))
}
