/**
 * Which addresses lie on the public Internet, and which a list of networks names. Whatever is not known to be public is
 * not: of IPv6 that is all outside of global unicast, and with it every form in which an IPv4 address can be wrapped.
 *
 * What a connection may do with that: outbound.ts.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */

import { BlockList, isIP, isIPv4 } from "node:net"

/** "This network", private, shared (CGN), loopback, link-local with the metadata of most clouds, and what else is special. */
const specialV4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10", // also 100.100.100.200, the metadata of Alibaba's machines
  "127.0.0.0/8",
  "168.63.129.16/32", // what Azure's machines ask of their host
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24", // also 192.0.0.192, the metadata of Oracle's machines
  "192.0.2.0/24",
  "192.31.196.0/24",
  "192.52.193.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "192.175.48.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
]

/** Outside of it: loopback, unspecified, mapped and compatible IPv4, both NAT64, ULA, link- and site-local, multicast. */
const globalUnicastV6 = ["2000::/3"]

/** Within global unicast: Teredo, benchmarks, ORCHID and other protocols; documentation; 6to4; AS112. */
const specialV6 = ["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"]

const notPublicV4 = listOf(specialV4)
const unicastV6 = listOf(globalUnicastV6)
const notPublicV6 = listOf(specialV6)

/** Of an address in any spelling; what is none is not public. */
export function isPublicAddress(address: string): boolean {
  if (isScoped(address)) return false
  const family = isIP(address)
  if (family === 4) return !notPublicV4.check(address, "ipv4")
  return family === 6 && unicastV6.check(address, "ipv6") && !notPublicV6.check(address, "ipv6")
}

/** @param networks each an address or a network: `10.1.2.3`, `10.0.0.0/8`, `fd00::/8` */
export function compileNetworks(networks: readonly string[]): (address: string) => boolean {
  if (networks.length === 0) return () => false
  const list = listOf(networks)
  return (address) => {
    const family = isScoped(address) ? 0 : isIP(address)
    return family !== 0 && list.check(address, family === 4 ? "ipv4" : "ipv6")
  }
}

/** `fe80::1%eth0` means something on one machine only. */
function isScoped(address: string): boolean {
  return address.includes("%")
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = "", prefix] = network.split("/")
    const family = isIPv4(address) ? "ipv4" : "ipv6"
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}
