/** Network addresses as they are compared: an IPv4 address is one and the same on a socket of IPv6. */

import { BlockList, isIP } from "node:net"

export function plainAddress(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
}

/**
 * @param texts addresses and networks, `10.0.0.0/8`, as the settings have checked them
 * @returns whether a plain address is among them
 */
export function readNetworks(texts: readonly string[]): (address: string) => boolean {
  const networks = new BlockList()
  for (const text of texts) {
    const [address = "", bits] = text.split("/")
    if (bits === undefined) networks.addAddress(address, familyOf(address))
    else networks.addSubnet(address, Number(bits), familyOf(address))
  }
  return (address) => isIP(address) > 0 && networks.check(address, familyOf(address))
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4"
}
