/**
 * A link to a service of the modern era over any carrier. Nothing is kept between requests: each says who asks and in
 * which revision, so the neutral form goes out almost as it is.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic
 */

import { GatewayError } from "../errors.ts"
import type { Carrier, OutgoingCall } from "./carrier.ts"
import { complete, readModernAnswer, readModernNotification, writeModernParams } from "./era-modern.ts"
import type { Link, ServiceFacts } from "./link.ts"
import {
  modernRevisions,
  type Answer,
  type ClientFacts,
  type Exchange,
  type Request,
  type RpcError,
} from "./message.ts"
import { toRaw, type RawObject } from "./raw-json.ts"
import { relayTo } from "./relay.ts"
import { fromService } from "./service-answer.ts"
import { ownRequest, readFacts } from "./service-facts.ts"

/** @param discovered the service's answer to `server/discover` */
export function openModernLink(carrier: Carrier, client: ClientFacts, discovered: RawObject): Link {
  return new ModernLink(carrier, client, readFacts({ era: "modern", revision: modernRevisions[0] }, discovered))
}

/** `server/discover` on nobody's behalf: how a link is made, and how it is tried. */
export function discovery(client: ClientFacts, signal: AbortSignal): OutgoingCall {
  const request = ownRequest("server/discover", client)
  return { method: request.method, params: () => writeModernParams(request, undefined), signal }
}

class ModernLink implements Link {
  readonly facts: ServiceFacts
  readonly closed: Link["closed"]
  readonly #carrier: Carrier
  readonly #client: ClientFacts

  constructor(carrier: Carrier, client: ClientFacts, facts: ServiceFacts) {
    this.#carrier = carrier
    this.#client = client
    this.facts = facts
    this.closed = carrier.closed
  }

  readonly handle = async (request: Request, exchange: Exchange): Promise<Answer> => {
    const listens = request.method === "subscriptions/listen"
    try {
      const answer = await this.#carrier.request(outgoing(request, exchange))
      if (answer.error) refuseHopErrors(answer.error)
      return fromService(() => readModernAnswer(answer))
    } catch (thrown) {
      if (listens && exchange.signal.aborted) return { result: new Map([["resultType", complete]]) }
      throw thrown
    }
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.#carrier.request(discovery(this.#client, signal))
  }

  close(): Promise<void> {
    return this.#carrier.close()
  }
}

function outgoing(request: Request, exchange: Exchange): OutgoingCall {
  const relay = relayTo(request, exchange)
  return {
    method: request.method,
    params: (id) => writeModernParams(request, request.progressToken && toRaw(id)),
    signal: exchange.signal,
    notify: (notification) => relay(readModernNotification(notification)),
  }
}

const headerMismatch = -32020
const unsupportedVersion = -32022

/** These describe the hop between us and the service, so they are no answer for whoever called us. */
function refuseHopErrors({ code, message }: RpcError): void {
  if (code !== headerMismatch && code !== unsupportedVersion) return
  const text = `The service refused how the gateway speaks to it (${code}): ${message.slice(0, 200)}`
  throw new GatewayError("service_unavailable", text, { detail: { rpc: code, sent: false } })
}
