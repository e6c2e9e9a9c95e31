/**
 * Modern requests over Streamable HTTP: one POST each, no session, and a client that hangs up has cancelled.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */

import type { IncomingMessage, ServerResponse } from "node:http"
import { GatewayError } from "../errors.ts"
import { HttpReply, type EventSink } from "./http-reply.ts"
import { checkHeaders, type ParamHeaders } from "./mcp-headers.ts"
import type { Handler, Outline } from "./message.ts"
import { answerModern } from "./modern-request.ts"
import { readString, type RawJson } from "./raw-json.ts"
import { startEventStream, writeEvent } from "./sse-writer.ts"

export type ModernPost = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly message: Outline & { readonly kind: "request" }
  readonly handle: Handler
  readonly serverInfo: RawJson
  readonly paramHeaders: (tool: string) => ParamHeaders | undefined
}

export async function serveModernPost({ request, response, message, handle, serverInfo, paramHeaders }: ModernPost): Promise<void> {
  const hungUp = new AbortController()
  response.once("close", () => {
    if (!response.writableFinished) hungUp.abort(new GatewayError("invalid", "The client closed the stream."))
  })
  const reply = new HttpReply(response, takesStreams(request) ? () => openStream(response) : undefined)
  const { bytes, status } = await answerModern({
    message,
    handle,
    serverInfo,
    send: reply.send,
    signal: hungUp.signal,
    check: (read) => {
      const tool = read.method === "tools/call" ? readString(read.params.get("name")) : undefined
      checkHeaders(read, request.headers, tool === undefined ? undefined : paramHeaders(tool))
    },
  })
  reply.finish(bytes, status)
}

export function takesStreams({ headers }: IncomingMessage): boolean {
  const accept = headers.accept ?? "*/*"
  return accept.includes("text/event-stream") || accept.includes("*/*")
}

function openStream(response: ServerResponse): EventSink {
  startEventStream(response)
  return {
    send: (data) => writeEvent(response, { event: "message", data }),
    end: () => response.end(),
  }
}
