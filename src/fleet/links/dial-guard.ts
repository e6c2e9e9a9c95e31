/**
 * Where connections to one service may go: the names in its URLs are looked up here, every address that they stand for
 * is checked, and those very addresses are dialled. One that may not be dialled among them refuses all: a name of a
 * service on the Internet has no business with addresses of an inner network.
 *
 * Addresses in the URL itself are never looked up, and are checked with the URL. Which may be: domain/services/network-rules.ts.
 */

import type { LookupAddress } from "node:dns"
import { isIP, type LookupFunction } from "node:net"
import { networkInterfaces } from "node:os"
import type { DialGuard } from "../../domain/services/machine.ts"
import {
  compileNetwork,
  notAllowed,
  type NetworkRules,
  type OutboundTerms,
} from "../../domain/services/network-rules.ts"
import type { Resolve } from "./name-lookups.ts"

export function guardDials(rules: NetworkRules, terms: OutboundTerms, resolve: Resolve): DialGuard {
  const network = compileNetwork(rules, terms, ownAddresses)
  const allowed = async (hostname: string): Promise<LookupAddress[]> => {
    const addresses = await resolve(hostname)
    if (addresses.every(({ address }) => isIP(address) > 0 && network.allows(address))) return [...addresses]
    throw notAllowed("service_unavailable")
  }
  return { assertUrl: (url) => network.assertUrl(url), lookup: lookupBy(allowed) }
}

/** For what may be dialled wherever it is. */
export function openDials(resolve: Resolve): DialGuard {
  return { assertUrl: () => {}, lookup: lookupBy(async (hostname) => [...(await resolve(hostname))]) }
}

function lookupBy(resolve: (hostname: string) => Promise<LookupAddress[]>): LookupFunction {
  return (hostname, { all = false }, callback) => {
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses
        if (all || !first) callback(first ? null : nothingFound(hostname), addresses)
        else callback(null, first.address, first.family)
      },
      (thrown: unknown) => callback(thrown as NodeJS.ErrnoException, []),
    )
  }
}

function nothingFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`No address for ${hostname}`), { code: "ENOTFOUND" })
}

/** Read anew each time: a machine gets and loses addresses while it runs. */
function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address))
}
