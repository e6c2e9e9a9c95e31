/**
 * A link to a service of the legacy era over any carrier: the handshake, and in neutral form what those revisions keep
 * on the connection. Subscriptions are left to legacy-subscriptions.ts, the log level to legacy-log-level.ts.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle
 */

import { GatewayError } from "../../errors.ts"
import { plainCall, type SessionCarrier } from "./carrier.ts"
import { complete } from "../era-modern.ts"
import { readLegacyAnswer } from "../era-legacy.ts"
import { readCreatedTask } from "../legacy-tasks.ts"
import { LegacyCall } from "./legacy-call.ts"
import { LegacyLogLevel } from "./legacy-log-level.ts"
import { LegacySubscriptions } from "./legacy-subscriptions.ts"
import type { Link, ServiceFacts } from "./link.ts"
import {
  legacyRevisions,
  modernRevisions,
  type Answer,
  type ClientFacts,
  type Exchange,
  type Request,
} from "../message.ts"
import { noMembers, readString, toRaw, writeObject, type RawObject } from "../raw-json.ts"
import { fromService, refuseHopErrors } from "./service-answer.ts"
import { readFacts } from "./service-facts.ts"

/**
 * Introduces us and waits until the service is ready.
 * @throws GatewayError `service_unavailable`, with `detail.rpc` where the service answered with a refusal
 */
export async function openLegacyLink(
  carrier: SessionCarrier,
  client: ClientFacts,
  signal: AbortSignal,
): Promise<Link> {
  const answer = await carrier.request(plainCall("initialize", introduction(client), signal))
  if (answer.error) throw refused(answer.error)
  const requested = readString(answer.result.get("protocolVersion"))
  const revision = legacyRevisions.find((known) => known === requested)
  if (!revision) throw unknownRevision(requested)
  await carrier.notify("notifications/initialized", noMembers)
  return new LegacyLink(carrier, { ...client, revision }, readFacts({ era: "legacy", revision }, answer.result))
}

function introduction({ capabilities, info }: ClientFacts): RawObject {
  return new Map([
    ["protocolVersion", toRaw(legacyRevisions[0])],
    ["capabilities", writeObject(capabilities)],
    ["clientInfo", info ?? toRaw({ name: "mcp-meta", version: "0" })],
  ])
}

function refused({ code, message }: { readonly code: number; readonly message: string }): GatewayError {
  const text = `The service refused to be initialized (${code}): ${message.slice(0, 200)}`
  return new GatewayError("service_unavailable", text, { detail: { rpc: code } })
}

function unknownRevision(revision: string | undefined): GatewayError {
  const text = `The service speaks revision ${revision?.slice(0, 32) ?? "(none)"} of MCP, which this gateway does not.`
  return new GatewayError("service_unavailable", text, { detail: { supported: legacyRevisions } })
}

class LegacyLink implements Link {
  readonly facts: ServiceFacts
  readonly closed: Link["closed"]
  readonly #carrier: SessionCarrier
  readonly #client: ClientFacts
  readonly #subscriptions: LegacySubscriptions
  readonly #logLevel: LegacyLogLevel

  constructor(carrier: SessionCarrier, client: ClientFacts, facts: ServiceFacts) {
    this.#carrier = carrier
    this.#client = client
    this.facts = facts
    this.closed = carrier.closed
    this.#subscriptions = new LegacySubscriptions(carrier, facts.capabilities)
    this.#logLevel = new LegacyLogLevel(carrier, facts.capabilities)
  }

  readonly handle = async (request: Request, exchange: Exchange): Promise<Answer> => {
    if (request.method === "server/discover") return { result: this.#discovered() }
    if (request.method === "subscriptions/listen") return this.#subscriptions.listen(request, exchange)
    if (request.logLevel) await this.#logLevel.atLeast(request.logLevel, exchange.signal)
    const call = new LegacyCall(request, exchange, this.#client)
    try {
      const answer = await this.#carrier.request(call)
      if (answer.error) refuseHopErrors(answer.error)
      const read = fromService(() => readLegacyAnswer(request.method, answer))
      return request.params.has("task") ? fromService(() => readCreatedTask(read)) : read
    } finally {
      call.end()
    }
  }

  async ping(signal: AbortSignal): Promise<void> {
    const { error } = await this.#carrier.request(plainCall("ping", noMembers, signal))
    if (error) refuseHopErrors(error) // whatever else it says, it lives
  }

  get remembers(): boolean {
    return this.#carrier.inSession
  }

  close(): Promise<void> {
    return this.#carrier.close()
  }

  #discovered(): RawObject {
    const { capabilities, instructions } = this.facts
    return new Map([
      ["resultType", complete],
      ["supportedVersions", toRaw(modernRevisions)],
      ["capabilities", toRaw(capabilities)],
      ...(instructions === undefined ? [] : [["instructions", toRaw(instructions)] as const]),
      ["ttlMs", toRaw(0)],
      ["cacheScope", toRaw("private")],
    ])
  }
}
