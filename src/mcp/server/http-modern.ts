/**
 * Modern requests over Streamable HTTP: one POST each, no session, and a client that hangs up has cancelled.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */

import type { IncomingMessage, ServerResponse } from "node:http"
import { HttpReply, type EventSink } from "./http-reply.ts"
import { encodeModernAnswer, signModern } from "../era-modern.ts"
import { checkHeaders, checkRevisionHeader, type ParamHeaders } from "../mcp-headers.ts"
import type { ClientFacts, Handler, Outline } from "../message.ts"
import { hangUpOf } from "./hang-up.ts"
import { answerModern } from "./modern-request.ts"
import { ProtocolError } from "../protocol-error.ts"
import { readString, type RawJson } from "../raw-json.ts"
import { startEventStream, writeEvent } from "../channels/sse-writer.ts"

export type ModernPost = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly message: Outline & { readonly kind: "request" }
  readonly handle: Handler
  readonly serverInfo: RawJson
  readonly paramHeaders: (tool: string, client: ClientFacts) => ParamHeaders | undefined
}

export async function serveModernPost({
  request,
  response,
  message,
  handle,
  serverInfo,
  paramHeaders,
}: ModernPost): Promise<void> {
  const hungUp = hangUpOf(response)
  const reply = new HttpReply(response, takesStreams(request) ? () => openStream(response) : undefined)
  if (prefersStreams(request)) reply.stream()
  const { answer, status } = await answerModern({
    message,
    handle,
    send: reply.send,
    large: () => reply.openLarge(message.id),
    hungUp,
    checkFirst: (params) => checkRevisionHeader(params, request.headers),
    check: (read) => {
      requireStream(read.method, request)
      const tool = read.method === "tools/call" ? readString(read.params.get("name")) : undefined
      checkHeaders(read, request.headers, tool === undefined ? undefined : paramHeaders(tool, read.client))
    },
  })
  const bytes = reply.hasBegun
    ? reply.restOf(signModern(answer, serverInfo))
    : encodeModernAnswer(message.id, answer, serverInfo)
  reply.finish(bytes, status)
}

/** A subscription speaks before its answer, and to a client that takes no streams never at all. */
function requireStream(method: string, request: IncomingMessage): void {
  if (method !== "subscriptions/listen" || takesStreams(request)) return
  throw new ProtocolError(
    "invalid_request",
    "subscriptions/listen answers with a stream; send Accept: application/json, text/event-stream.",
  )
}

export function takesStreams({ headers }: IncomingMessage): boolean {
  const accept = headers.accept ?? "*/*"
  return accept.includes("text/event-stream") || accept.includes("*/*")
}

/** A client that names event streams first is given one from the start, as HTTP lets it choose. */
export function prefersStreams({ headers: { accept = "" } }: IncomingMessage): boolean {
  const [streams, json] = [accept.indexOf("text/event-stream"), accept.indexOf("application/json")]
  return streams >= 0 && streams < json
}

function openStream(response: ServerResponse): EventSink {
  startEventStream(response)
  return {
    send: (data) => writeEvent(response, { event: "message", data }),
    end: () => response.end(),
  }
}
