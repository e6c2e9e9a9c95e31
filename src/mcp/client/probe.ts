/**
 * Which era a service speaks, found out with one `server/discover`.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning
 */

import { GatewayError } from "../../errors.ts"
import type { Carrier } from "./carrier.ts"
import { discovery } from "./modern-link.ts"
import { legacyRevisions, modernRevisions, type Answer, type ClientFacts } from "../message.ts"
import { fromRaw, type RawJson, type RawObject } from "../raw-json.ts"

export type Verdict =
  | { readonly era: "modern"; readonly discovered: RawObject }
  /** `ended`: the service ended the connection at the question, as some do; it has to be started anew. */
  | { readonly era: "legacy"; readonly because: "answer" | "silence" | "ended" }

/** @throws GatewayError where no legacy `initialize` would help: no revision in common, or the signal aborted */
export async function probeChannel(
  carrier: Carrier,
  client: ClientFacts,
  signal: AbortSignal,
  probeMs: number,
): Promise<Verdict> {
  const limit = AbortSignal.timeout(probeMs)
  try {
    return readVerdict(await carrier.request(discovery(client, AbortSignal.any([signal, limit]))))
  } catch (thrown) {
    if (thrown instanceof GatewayError && "supported" in thrown.detail) throw thrown
    if (signal.aborted) throw thrown
    return { era: "legacy", because: limit.aborted ? "silence" : "ended" }
  }
}

/** @throws GatewayError also for what tells nothing of the era: the network, 401, 403, 5xx */
export async function probeHttp(carrier: Carrier, client: ClientFacts, signal: AbortSignal): Promise<Verdict> {
  try {
    return readVerdict(await carrier.request(discovery(client, signal)))
  } catch (thrown) {
    if (isRequestRefused(thrown)) return { era: "legacy", because: "answer" }
    throw thrown
  }
}

const toldOfOther = new Set([401, 403, 407, 408, 429])

/** Whether an HTTP status said that the request itself was not to the service's liking. */
export function isRequestRefused(thrown: unknown): boolean {
  const status = thrown instanceof GatewayError ? Number(thrown.detail["status"]) : Number.NaN
  return status >= 400 && status < 500 && !toldOfOther.has(status)
}

const unsupportedVersion = -32022
const modernOnlyCodes = new Set([-32020, -32021])

function readVerdict({ result, error }: Answer): Verdict {
  if (error?.code === unsupportedVersion) return withoutModern(readVersions(error.data, "supported"))
  if (error && modernOnlyCodes.has(error.code))
    throw disagreement(`refused our discovery (${error.code})`, modernRevisions)
  const supported = result?.get("supportedVersions")
  if (!result || !supported) return { era: "legacy", because: "answer" }
  const versions = readVersions(supported)
  return versions.includes(modernRevisions[0]) ? { era: "modern", discovered: result } : withoutModern(versions)
}

function withoutModern(versions: readonly string[]): Verdict {
  if (versions.some((version) => legacyRevisions.some((known) => known === version)))
    return { era: "legacy", because: "answer" }
  throw disagreement(`speaks only ${versions.join(", ").slice(0, 100) || "revisions it does not name"}`, versions)
}

function readVersions(raw: RawJson | undefined, member?: string): string[] {
  const value = raw && (fromRaw(raw) as Record<string, unknown> | null)
  const versions = member === undefined ? value : value?.[member]
  return Array.isArray(versions) ? versions.filter((version) => typeof version === "string") : []
}

function disagreement(what: string, supported: readonly string[]): GatewayError {
  const text = `The service ${what}; this gateway speaks ${[...modernRevisions, ...legacyRevisions].join(", ")}.`
  return new GatewayError("service_unavailable", text, { detail: { supported: supported.slice(0, 10) } })
}
