/** A request as a service of its era wants to be told it. */

import { askableOf, askingMethods, withoutAskable } from "../../mcp/asking.ts"
import { invalidState, retryMembers } from "../../mcp/input-requests.ts"
import { modernRevisions, type ClientFacts, type Era, type Exchange, type Request } from "../../mcp/message.ts"
import { noMembers, withMembers, type RawJson, type RawObject } from "../../mcp/raw-json.ts"

export class Fit {
  readonly #clientInfo: RawJson
  /** For clients that declare nothing: the same each time, so that what is made of it need be made once. */
  readonly #plain: ClientFacts

  /** @param clientInfo our own Implementation object */
  constructor(clientInfo: RawJson) {
    this.#clientInfo = clientInfo
    this.#plain = this.#clientWith(noMembers)
  }

  /** @throws GatewayError `invalid` where a state of a modern service comes back to one that is of the older era now */
  request(request: Request, exchange: Exchange, era: Era): Request {
    return era === "legacy" ? withoutRetry(request) : { ...request, client: this.#clientFor(request, exchange) }
  }

  /** A modern service is told with each request who asks and what it can be asked. */
  #clientFor({ client }: Request, { ask }: Exchange): ClientFacts {
    const capabilities =
      client.era === "modern"
        ? client.capabilities
        : new Map([...withoutAskable(client.capabilities), ...(ask ? askableOf(client) : [])])
    return capabilities.size === 0 ? this.#plain : this.#clientWith(capabilities)
  }

  #clientWith(capabilities: RawObject): ClientFacts {
    return { era: "modern", revision: modernRevisions[0], capabilities, info: this.#clientInfo }
  }
}

function withoutRetry(request: Request): Request {
  if (!askingMethods.has(request.method)) return request
  if (request.params.has("requestState")) throw invalidState()
  if (!request.params.has("inputResponses")) return request
  return { ...request, params: withMembers(request.params, retryMembers) }
}
