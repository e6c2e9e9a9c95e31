/** One request on its way through the bridge. */

import type { Caller } from "../../domain/principal.ts"
import type { Answer, Exchange, Request } from "../../mcp/message.ts"
import type { RawObject } from "../../mcp/raw-json.ts"

/** What a state is bound to. */
export type Binding = {
  readonly principalId: string
  readonly service: string
  readonly mount: string | undefined
  readonly method: string
  /** As the client sent them: its retry must repeat them. */
  readonly params: RawObject
}

/** Sends to the service. */
export type Send = (request: Request, exchange: Exchange) => Promise<Answer>

export type BridgedCall = {
  readonly caller: Caller
  /** Under the service's own names. */
  readonly request: Request
  readonly exchange: Exchange
  readonly binding: Binding
  readonly send: Send
  /** Told of an answer that asks, where no answers to it will come; the service may have something waiting for them. */
  readonly abandon?: (asking: Answer) => void
}
