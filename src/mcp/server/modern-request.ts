/**
 * One request of a modern client from its outline to the bytes of its answer, whatever transport carried it.
 */

import { encodeModernAnswer, readModernRequest } from "../era-modern.ts"
import { hop, metaOf, withMeta } from "../meta.ts"
import { isOfSpecification } from "../message.ts"
import type { Answer, Exchange, Handler, Notification, Outline, Request } from "../message.ts"
import type { Send } from "./conversation.ts"
import { ProtocolError, unknownMethod } from "../protocol-error.ts"
import type { RawJson, RawObject } from "../raw-json.ts"
import { encodeAnswer, encodeNotification, toRpcError } from "../wire.ts"
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

export type ModernRequest = {
  readonly message: Outline & { readonly kind: "request" }
  readonly handle: Handler
  readonly send: Send
  readonly signal: AbortSignal
  /** Our own Implementation object, which signs each result. */
  readonly serverInfo: RawJson
  /** What the transport checks before the request is read, and once it could be. */
  readonly checkFirst?: (params: RawObject) => void
  readonly check?: (request: Request) => void
}

/** @returns the answer's bytes, and the HTTP status for it where HTTP carries it */
export async function answerModern({
  message,
  handle,
  send,
  signal,
  serverInfo,
  checkFirst,
  check,
}: ModernRequest): Promise<{ bytes: Buffer; status: number }> {
  try {
    checkFirst?.(message.params)
    if (!mayBeKnown(message.method)) throw unknownMethod(message.method)
    const request = readModernRequest(message.method, message.params)
    check?.(request)
    const answer = naming(message, await handle(request, modernExchange(message, send, signal)))
    return {
      bytes: encodeModernAnswer(message.id, answer, serverInfo),
      status: statusOf(answer.error?.code),
    }
  } catch (thrown) {
    return { bytes: encodeAnswer(message.id, { error: toRpcError(thrown) }), status: thrownStatus(thrown) }
  }
}

function modernExchange(
  message: Outline & { readonly kind: "request" },
  send: Send,
  signal: AbortSignal,
): Exchange {
  const listens = message.method === "subscriptions/listen"
  const mark = (notification: Notification): Notification =>
    listens ? withSubscription(notification, message.id) : notification
  return {
    signal,
    notify: (notification) => {
      const { method, params } = mark(notification)
      send(encodeNotification(method, params))
    },
  }
}

function withSubscription({ method, params }: Notification, id: RawJson): Notification {
  return { method, params: withMeta(params, new Map(metaOf(params)).set(hop.subscriptionId, id)) }
}

/** The end of a subscription names it, as all it told did. */
function naming({ method, id }: Outline & { readonly kind: "request" }, answer: Answer): Answer {
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
