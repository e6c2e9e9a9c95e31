/** Which addresses and secrets a webhook may have, and when it wants to be asked again. */

import { BlockList, isIP } from "node:net"
import { GatewayError } from "../errors.ts"

const loopback = new BlockList()
loopback.addSubnet("127.0.0.0", 8)
loopback.addAddress("::1", "ipv6")

const secretPrefix = "whsec_"
const fewestBytes = 16

/** @throws GatewayError `invalid` unless it is HTTPS, or HTTP to this very machine */
export function readWebhookUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null)
    throw new GatewayError("invalid", "The webhook of the audit log has no proper URL; correct it.")
  if (url.username !== "" || url.password !== "") {
    throw new GatewayError(
      "invalid",
      "The webhook's URL holds a name or password; remove it, each post is signed.",
    )
  }
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname))) return url
  throw new GatewayError(
    "invalid",
    `The webhook at ${url.host} must be https; plain http may only go to loopback.`,
  )
}

function isLoopback(hostname: string): boolean {
  const address = hostname.replaceAll(/[[\]]/g, "")
  if (isIP(address) === 0) return hostname === "localhost"
  return loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4")
}

/** @throws GatewayError `invalid` where it could be guessed */
export function webhookKey(secret: string): Buffer {
  const key = secret.startsWith(secretPrefix)
    ? Buffer.from(secret.slice(secretPrefix.length), "base64")
    : Buffer.from(secret)
  if (key.length >= fewestBytes) return key
  throw new GatewayError("invalid", "The webhook's secret is too short; make one with: openssl rand -base64 32")
}

/** Of a `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), in ms. */
export function retryAfterOf(header: string | string[] | undefined, nowMs: number): number | undefined {
  if (typeof header !== "string") return undefined
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}
