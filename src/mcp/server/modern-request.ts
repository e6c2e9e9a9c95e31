/**
 * One request of a modern client from its outline to its answer, whatever transport carried it.
 */

import { readModernRequest } from "../era-modern.ts"
import { hop, metaOf, withMeta } from "../meta.ts"
import { isOfSpecification } from "../message.ts"
import type { Answer, Exchange, Handler, Notification, Outline, Request } from "../message.ts"
import type { Endable } from "../cancellation.ts"
import type { Send } from "./conversation.ts"
import type { LargeMembers } from "../large-members.ts"
import { ProtocolError, unknownMethod } from "../protocol-error.ts"
import type { RawJson, RawObject } from "../raw-json.ts"
import { encodeNotification, toRpcError } from "../wire.ts"
import { GatewayError } from "../../errors.ts"

/** Every request of the specification that a modern client may send. */
const modernMethods = new Set([
  "server/discover",
  "tools/list",
  "tools/call",
  "prompts/list",
  "prompts/get",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "completion/complete",
  "subscriptions/listen",
  "tasks/get",
  "tasks/update",
  "tasks/cancel",
])

/** What the specification does not name may still be some service's own. */
function mayBeKnown(method: string): boolean {
  return modernMethods.has(method) || !isOfSpecification(method)
}

type RequestOutline = Outline & { readonly kind: "request" }

export type ModernRequest = {
  readonly message: RequestOutline
  readonly handle: Handler
  readonly send: Send
  /** Tells when the client no longer wants the answer. */
  readonly hungUp: Endable
  /** What the transport checks before the request is read, and once it could be. */
  readonly checkFirst?: (params: RawObject) => void
  readonly check?: (request: Request) => void
  /** Opens the way for large members of the answer, where the transport can send them ahead. */
  readonly large?: () => LargeMembers | undefined
}

/** @returns the answer, not yet signed, and the HTTP status for it where HTTP carries it */
export async function answerModern({
  message,
  handle,
  send,
  hungUp,
  checkFirst,
  check,
  large,
}: ModernRequest): Promise<{ answer: Answer; status: number }> {
  try {
    checkFirst?.(message.params)
    if (!mayBeKnown(message.method)) throw unknownMethod(message.method)
    const request = readModernRequest(message.method, message.params)
    check?.(request)
    const answer = naming(message, await handle(request, new ModernExchange({ message, send, hungUp, large })))
    return {
      answer,
      status: statusOf(answer.error?.code),
    }
  } catch (thrown) {
    return { answer: { error: toRpcError(thrown) }, status: thrownStatus(thrown) }
  }
}

type Asked = Pick<ModernRequest, "message" | "send" | "hungUp"> & { readonly large: Exchange["large"] }

class ModernExchange implements Exchange {
  readonly cancellation: Endable
  readonly large: Exchange["large"]
  readonly #message: RequestOutline
  readonly #send: Send

  constructor({ message, send, hungUp, large }: Asked) {
    this.cancellation = hungUp
    this.large = large
    this.#message = message
    this.#send = send
  }

  get signal(): AbortSignal {
    return this.cancellation.signal
  }

  end(reason: Error): void {
    this.cancellation.abort(reason)
  }

  notify(notification: Notification): void {
    const { method, id } = this.#message
    const marked = method === "subscriptions/listen" ? withSubscription(notification, id) : notification
    this.#send(encodeNotification(marked.method, marked.params))
  }
}

function withSubscription({ method, params }: Notification, id: RawJson): Notification {
  return { method, params: withMeta(params, new Map(metaOf(params)).set(hop.subscriptionId, id)) }
}

/** The end of a subscription names it, as all it told did. */
function naming({ method, id }: RequestOutline, answer: Answer): Answer {
  if (!answer.result || method !== "subscriptions/listen") return answer
  return { result: withMeta(answer.result, new Map(metaOf(answer.result)).set(hop.subscriptionId, id)) }
}

/** @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http */
function statusOf(code: number | undefined): number {
  return code !== undefined && code <= -32020 && code >= -32022 ? 400 : 200
}

/** Statuses that MCP or HTTP demands; every other refusal is a JSON-RPC error under 200. */
function thrownStatus(thrown: unknown): number {
  if (thrown instanceof ProtocolError) return thrown.status
  const { code, status } = GatewayError.from(thrown)
  return code === "unauthenticated" || code === "too_large" ? status : 200
}
