/**
 * The network address that a request is counted and recorded by: its peer's, or what proxies in front say whom it is
 * from. Only proxies that are named are believed, each about the one before it; whatever else a client writes is text.
 */

import type { IncomingMessage } from "node:http"
import { BlockList, isIP } from "node:net"

export type SourceOf = (request: IncomingMessage) => string

/** @param trusted addresses and networks of proxies */
export function createSourceOf(trusted: readonly string[]): SourceOf {
  if (trusted.length === 0) return peerOf
  const proxies = new BlockList()
  for (const entry of trusted) {
    const [address = "", bits] = entry.split("/")
    const family = isIP(address) === 6 ? "ipv6" : "ipv4"
    if (bits === undefined) proxies.addAddress(address, family)
    else proxies.addSubnet(address, Number(bits), family)
  }
  const isProxy = (address: string): boolean => proxies.check(address, isIP(address) === 6 ? "ipv6" : "ipv4")
  return (request) => {
    const peer = peerOf(request)
    return isProxy(peer) ? behind(peer, request, isProxy) : peer
  }
}

/** From the last hop to the first that is no proxy of ours. What is no address ends the way there. */
function behind(peer: string, { headers }: IncomingMessage, isProxy: (address: string) => boolean): string {
  const hops = String(headers["x-forwarded-for"] ?? "").split(",")
  let source = peer
  for (const hop of hops.toReversed()) {
    const address = readAddress(hop.trim())
    if (address === undefined) return source
    source = address
    if (!isProxy(address)) return source
  }
  return source
}

function peerOf({ socket }: IncomingMessage): string {
  return plain(socket.remoteAddress ?? "unknown")
}

/** Some proxies write the port too. */
function readAddress(hop: string): string | undefined {
  const [, bracketed, bare = hop] = /^(?:\[([^\]]*)\](?::\d+)?|(\d[\d.]*):\d+)$/.exec(hop) ?? []
  const address = plain(bracketed ?? bare)
  return isIP(address) === 0 ? undefined : address
}

/** An IPv4 address is one and the same on a socket of IPv6. */
function plain(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
}
