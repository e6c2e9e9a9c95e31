/**
 * The network address that a request is counted and recorded by: its peer's, or what proxies in front say whom it is
 * from. Only proxies that are named are believed, each about the one before it; whatever else a client writes is text.
 */

import type { IncomingMessage } from "node:http"
import { isIP } from "node:net"
import { plainAddress, readNetworks } from "./networks.ts"

export type SourceOf = (request: IncomingMessage) => string

/** @param trusted addresses and networks of proxies */
export function createSourceOf(trusted: readonly string[]): SourceOf {
  if (trusted.length === 0) return peerOf
  const isProxy = readNetworks(trusted)
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
  return plainAddress(socket.remoteAddress ?? "unknown")
}

/** Some proxies write the port too. */
function readAddress(hop: string): string | undefined {
  const [, bracketed, bare = hop] = /^(?:\[([^\]]*)\](?::\d+)?|(\d[\d.]*):\d+)$/.exec(hop) ?? []
  const address = plainAddress(bracketed ?? bare)
  return isIP(address) === 0 ? undefined : address
}
