/**
 * What every HTTP request must satisfy before any route looks at it: an unambiguous target, host and credential, and
 * no web page behind it that does not belong here (DNS rebinding).
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#security-warning
 */

import type { IncomingMessage } from "node:http"
import { isIP } from "node:net"
import { GatewayError } from "../../errors.ts"

export type AllowedPeers = {
  /** Host names without port, in lower case, that clients may address us by. */
  readonly hosts: ReadonlySet<string>
  /** Origins of web pages that may call us, beside those served under the allowed hosts. */
  readonly origins: ReadonlySet<string>
}

const loopbackHosts = ["localhost", "127.0.0.1", "[::1]"]

export function allowPeers({
  hosts,
  origins,
}: {
  readonly hosts: readonly string[]
  readonly origins: readonly string[]
}): AllowedPeers {
  return {
    hosts: new Set([...loopbackHosts, ...hosts.map((host) => host.toLowerCase())]),
    origins: new Set(origins),
  }
}

/** Whether it is addressed by a name of its own: `localhost` is everybody's. */
export function hasName({ hosts }: AllowedPeers): boolean {
  return [...hosts].some((host) => !loopbackHosts.includes(host) && isIP(host.replaceAll(/[[\]]/g, "")) === 0)
}

/** Headers that must not come twice: Node keeps the first silently, a proxy in front may go by the last. */
const single = ["host", "authorization", "x-api-key", "content-length", "content-type", "mcp-session-id", "origin"]
/** To look only at names that can be one of them. */
const singleLengths = new Set(single.map(({ length }) => length))

/** A path that one reader takes as it is written and another one leads elsewhere: `/docs/../api/v1/services`. */
const misleading = /^[^?]*(\\|\/(\.|%2e){1,2}(\/|\?|$))/i

/** @throws GatewayError `invalid`, `forbidden` */
export function guardRequest(request: IncomingMessage, { hosts, origins }: AllowedPeers): void {
  if (!request.url?.startsWith("/") || misleading.test(request.url)) {
    throw new GatewayError("invalid", "The request target must be a path, without dot segments or backslashes.")
  }
  refuseRepeated(request.rawHeaders)
  const host = hostName(request.headers.host)
  if (host === undefined || !hosts.has(host)) {
    throw new GatewayError("forbidden", "The Host is not one of this gateway's; name it in allowedHosts.")
  }
  const { origin } = request.headers
  if (origin === undefined || origins.has(origin)) return
  if (!URL.canParse(origin) || !hosts.has(new URL(origin).hostname)) {
    throw new GatewayError(
      "forbidden",
      "Pages of this Origin may not call the gateway; name it in allowedOrigins.",
    )
  }
}

function refuseRepeated(rawHeaders: readonly string[]): void {
  let seen = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ""
    if (!singleLengths.has(name.length)) continue
    const bit = 1 << (single.indexOf(name.toLowerCase()) + 1)
    if (bit > 1 && (seen & bit) !== 0)
      throw new GatewayError("invalid", `The header ${name.toLowerCase()} came twice.`)
    seen |= bit
  }
}

function hostName(host: string | undefined): string | undefined {
  return /^([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i.exec(host ?? "")?.[1]?.toLowerCase()
}
