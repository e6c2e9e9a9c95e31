/**
 * Clients on pipes: the old HTTP+SSE transport and WebSockets. Each is a channel that is served until it ends; for
 * HTTP+SSE the messages arrive by POST and find their channel here.
 */

import { randomUUID } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { Duplex } from "node:stream"
import type { OpenCounts } from "../call/open-counts.ts"
import type { Caller, WhyRefused } from "../domain/principal.ts"
import { GatewayError } from "../errors.ts"
import type { Channel } from "../mcp/channels/channel.ts"
import { serveChannel } from "../mcp/server/channel-server.ts"
import type { BodyRoom } from "../mcp/server/body-room.ts"
import { readBody } from "../mcp/server/http-body.ts"
import type { Handler } from "../mcp/message.ts"
import type { RawJson } from "../mcp/raw-json.ts"
import { openSseServerChannel, type SseServerChannel } from "../mcp/channels/sse-server.ts"
import { ownerOf, type McpPeer } from "./mcp.ts"

export type PipesOptions = {
  readonly mcp: (peer: McpPeer) => Handler
  readonly serverInfo: RawJson
  readonly limits: {
    readonly bodyBytes: number
    readonly streams: number
    /** Requests open on one pipe. */
    readonly callsPerPrincipal: number
  }
  readonly room: BodyRoom
  /** How many each principal has open. */
  readonly own: OpenCounts
}

/** Known by the stream and by each message that is posted to it. */
type SsePeer = Omit<McpPeer, "source"> & { source?: string | undefined }

type Sender = Pick<McpPeer, "caller" | "source">

export class Pipes {
  readonly #options: PipesOptions
  readonly #open = new Map<Channel, { readonly caller: Caller; readonly refused: AbortController }>()
  readonly #sse = new Map<
    string,
    { readonly channel: SseServerChannel; readonly owner: string; readonly peer: SsePeer }
  >()

  constructor(options: PipesOptions) {
    this.#options = options
  }

  async openSse(response: ServerResponse, peer: McpPeer): Promise<void> {
    const leave = this.#enter(peer)
    const id = randomUUID()
    const { bodyBytes } = this.#options.limits
    const channel = openSseServerChannel(response, {
      endpointPath: `/messages?sessionId=${id}`,
      maxMessageBytes: bodyBytes,
    })
    const own: SsePeer = { ...peer }
    this.#sse.set(id, { channel, owner: ownerOf(peer.caller), peer: own })
    await this.#serve(channel, id, own)
    this.#sse.delete(id)
    leave()
  }

  /** @throws GatewayError `not_found` where the stream is not this caller's: as if it did not exist */
  async deliver(request: IncomingMessage, response: ServerResponse, from: Sender): Promise<void> {
    const id = new URL(request.url ?? "/", "http://localhost").searchParams.get("sessionId") ?? ""
    const found = this.#sse.get(id)
    if (!found || found.owner !== ownerOf(from.caller))
      throw new GatewayError("not_found", "No stream of this sessionId; open one with GET /sse.")
    // Whose messages come from several addresses has none that a policy could go by.
    if (found.peer.source !== from.source) found.peer.source = undefined
    const { limits, room } = this.#options
    const held = { room, principal: from.caller.principalId, until: response }
    found.channel.deliver(await readBody(request, limits.bodyBytes, held))
    response.writeHead(202).end("Accepted")
  }

  async openWebSocket(
    request: IncomingMessage,
    { socket, head }: { readonly socket: Duplex; readonly head: Buffer },
    peer: McpPeer,
  ): Promise<void> {
    const leave = this.#enter(peer)
    try {
      const { acceptWebSocket } = await import("../mcp/channels/websocket-server.ts") // few clients need it
      const channel = await acceptWebSocket(request, socket, head, {
        maxMessageBytes: this.#options.limits.bodyBytes,
        room: this.#options.room.of(peer.caller.principalId),
      })
      await this.#serve(channel, randomUUID(), peer)
    } finally {
      leave()
    }
  }

  /** Serves a pipe that is open already, such as our own stdin and stdout. */
  serve(channel: Channel, peer: McpPeer): Promise<void> {
    return this.#serve(channel, randomUUID(), peer)
  }

  close(): void {
    for (const channel of this.#open.keys()) channel.close()
  }

  /** Ends those of callers that are refused now; what they wait for is answered first. */
  endRefused(whyRefused: WhyRefused): void {
    for (const { caller, refused } of this.#open.values()) if (whyRefused(caller)) refused.abort()
  }

  async #serve(channel: Channel, id: string, peer: McpPeer): Promise<void> {
    const { mcp, serverInfo, limits } = this.#options
    const refused = new AbortController()
    this.#open.set(channel, { caller: peer.caller, refused })
    const { callsPerPrincipal: maxOpen } = limits
    await serveChannel({ channel, id, handle: mcp(peer), serverInfo, maxOpen, refused: refused.signal })
    this.#open.delete(channel)
  }

  /** @throws GatewayError `overloaded` @returns ends it */
  #enter({ caller }: McpPeer): () => void {
    const { own, limits } = this.#options
    if (this.#open.size < limits.streams) return own.enter(caller.principalId)
    const text = `${limits.streams} streams are open already (limits.streams).`
    throw new GatewayError("overloaded", text, { retryAfterMs: 1_000 })
  }
}
