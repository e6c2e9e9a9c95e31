/**
 * A link over Streamable HTTP. The status tells the eras apart, and what it says of credentials or of trouble is passed
 * on instead of being taken for an era.
 */

import { GatewayError } from "../../errors.ts"
import { HttpClient, type HttpTarget } from "./http-client.ts"
import { HttpLegacyCarrier } from "./http-legacy-carrier.ts"
import { HttpModernCarrier } from "./http-modern-carrier.ts"
import { openLegacyLink } from "./legacy-link.ts"
import type { Link, LinkOptions } from "./link.ts"
import { openModernLink } from "./modern-link.ts"
import { isRequestRefused, probeHttp } from "./probe.ts"
import { clientOf } from "./service-facts.ts"

export async function connectHttp(target: HttpTarget, options: LinkOptions, signal: AbortSignal): Promise<Link> {
  const client = new HttpClient(target)
  try {
    return await connect(client, options, signal)
  } catch (thrown) {
    await client.close()
    throw thrown
  }
}

async function connect(client: HttpClient, options: LinkOptions, signal: AbortSignal): Promise<Link> {
  const hinted = options.eraHint === "legacy"
  const modern = hinted ? undefined : await connectModern(client, options, signal)
  if (modern) return modern
  const carrier = new HttpLegacyCarrier({ client, limits: options.limits, onDropped: options.onDropped })
  try {
    return await openLegacyLink(carrier, clientOf("legacy", options), signal)
  } catch (refused) {
    const healed =
      hinted && !carrier.introduced && wasRefused(refused)
        ? await connectModern(client, options, signal)
        : undefined
    if (healed) return healed
    // Also ends a session that had begun.
    await carrier.close()
    throw carrier.introduced ? refused : hintAtSse(refused)
  }
}

async function connectModern(
  client: HttpClient,
  options: LinkOptions,
  signal: AbortSignal,
): Promise<Link | undefined> {
  const findParamHeaders = options.paramHeaders ?? (() => undefined)
  const carrier = new HttpModernCarrier({
    client,
    limits: options.limits,
    onDropped: options.onDropped,
    findParamHeaders,
  })
  const self = clientOf("modern", options)
  const verdict = await probeHttp(carrier, self, signal)
  return verdict.era === "modern" ? openModernLink(carrier, self, verdict.discovered) : undefined
}

function wasRefused(thrown: unknown): boolean {
  return isRequestRefused(thrown) || (thrown instanceof GatewayError && "rpc" in thrown.detail)
}

const statusesOfOldTransport = new Set<unknown>([400, 404, 405])

function hintAtSse(thrown: unknown): unknown {
  if (!(thrown instanceof GatewayError) || !statusesOfOldTransport.has(thrown.detail["status"])) return thrown
  const status = thrown.detail["status"]
  const text = `No MCP endpoint answers at this url (HTTP ${String(status)}). Correct the url, or set the type to sse for an old service.`
  return new GatewayError("service_unavailable", text, { detail: { status, hint: "sse" }, cause: thrown })
}
