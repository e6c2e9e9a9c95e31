/**
 * Over which networks a service may be reached: the field `network` of its file, and what the settings say for all.
 * Which addresses are public: address-rules.ts.
 */

import * as z from "zod"
import { GatewayError } from "../../errors.ts"
import { compileNetworks, isPublicAddress } from "./address-rules.ts"

export type NetworkRules = {
  /** Addresses, networks, and `public` for all that are public. */
  readonly allow: readonly string[]
  /** Whether it may be reached in clear, by http: and ws:. */
  readonly http: boolean
}

const network = z.union(
  [z.literal("public"), z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
  'write "public", an address, or a network such as 10.1.0.0/16',
)

export const networkField = z.strictObject({
  allow: z.array(network).min(1).max(64),
  http: z.boolean().optional(),
})

/** What holds for a service whose definition came from somebody who may not reach this machine. */
export const publicOnly: NetworkRules = { allow: ["public"], http: false }

/** Whether something can be reached by the one that could not by the other; where nothing is said, everything can. */
export function loosensNetwork(before: NetworkRules | undefined, after: NetworkRules | undefined): boolean {
  if (!before) return false
  if (!after) return true
  return (after.http && !before.http) || after.allow.some((one) => !before.allow.includes(one))
}

/** What the operator allows to every service that is held to rules at all. */
export type OutboundTerms = { readonly allow: readonly string[]; readonly http: boolean }

export type CompiledNetwork = {
  /** @throws GatewayError `invalid`, with detail `rule`, for a URL that leads elsewhere whatever its name stands for */
  assertUrl(url: string): void
  allows(address: string): boolean
}

/** @param ownAddresses those of this machine: none of them is public, whatever its number */
export function compileNetwork(
  rules: NetworkRules,
  terms: OutboundTerms,
  ownAddresses: () => readonly string[],
): CompiledNetwork {
  const isPublic = rules.allow.includes("public")
  const named = rules.allow.filter((one) => one !== "public")
  const isNamed = compileNetworks(isPublic ? [...named, ...terms.allow] : named)
  const allows = (address: string): boolean =>
    isNamed(address) || (isPublic && isPublicAddress(address) && !ownAddresses().includes(address))
  const schemes = rules.http || terms.http ? ["https:", "wss:", "http:", "ws:"] : ["https:", "wss:"]
  return {
    allows,
    assertUrl: (text) => {
      const url = URL.parse(text)
      if (oddCharacter.test(text)) throw notAsWritten()
      if (!url || !schemes.includes(url.protocol)) throw notInClear()
      if (url.username !== "" || url.password !== "") throw noCredentials()
      if (!mayBe(url.hostname, allows)) throw notAllowed("invalid")
    },
  }
}

/** Readers of URLs leave out line ends and tabs, and so see another host than is written. */
const oddCharacter = /[\s\p{C}]/u

/** A name is looked up when it is dialled; these stand for this machine without being looked up. */
function mayBe(hostname: string, allows: CompiledNetwork["allows"]): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "")
  if (host === "localhost" || host.endsWith(".localhost")) return allows("127.0.0.1") || allows("::1")
  return !isLiteral(host) || allows(host)
}

function isLiteral(host: string): boolean {
  return host.includes(":") || /^[\d.]+$/.test(host)
}

/**
 * An address that may not be dialled: the name that stands for it is not told, nor what it is.
 *
 * @param code `invalid` where the definition says it, `service_unavailable` where a name turned out to stand for it
 */
export function notAllowed(code: "invalid" | "service_unavailable"): GatewayError {
  const text =
    'The url leads to an address that this service may not be reached at: it is not public, or not among those that its file allows. Use a public one, or ask whoever may reach this machine (services:stdio:write) to allow it: its network in outbound.allow, or in "network" of the service\'s file.'
  return new GatewayError(code, text, { detail: { rule: "outbound.address", sent: false } })
}

function notInClear(): GatewayError {
  return new GatewayError(
    "invalid",
    'The url must begin with https:// or wss:// here. Whoever may reach this machine (services:stdio:write) can allow http:// and ws:// by "network": { "http": true } in the service\'s file, or by outbound.http.',
    { detail: { rule: "outbound.scheme" } },
  )
}

function notAsWritten(): GatewayError {
  return new GatewayError("invalid", "The url holds a space or a control character; write it without.", {
    detail: { rule: "outbound.characters" },
  })
}

function noCredentials(): GatewayError {
  return new GatewayError(
    "invalid",
    "The url holds a name or password in front of its host; remove it and use headers.",
    { detail: { rule: "outbound.credentials" } },
  )
}
