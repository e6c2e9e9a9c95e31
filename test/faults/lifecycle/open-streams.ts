/** Streams that are open when the gateway is asked to leave, of every kind, and whether each is ended in good order. */

import { once } from "node:events"
import { text } from "node:stream/consumers"
import { request } from "undici"
import { bearer } from "../../journeys/http-pipe.ts"
import { webSocketPipe } from "../../journeys/websocket-pipe.ts"
import type { Rig } from "../rig.ts"

export type OpenStreams = readonly { readonly name: string; readonly wrong: Promise<string | undefined> }[]

const goingAway = [1_000, 1_001, 1_012]

export async function openStreams(rig: Rig): Promise<OpenStreams> {
  const headers = bearer(await rig.key())
  return [
    await subscription(rig),
    await sessionStream(rig, headers),
    await eventStream(`${rig.origin}/api/v1/events`, headers),
    await webSocket(rig, headers),
  ]
}

/** Modern: the listening is itself a call, and is answered. */
async function subscription({ clients }: Rig): Promise<OpenStreams[number]> {
  const listening = clients.modern.call("subscriptions/listen", { notifications: { toolsListChanged: true } })
  const wrong = listening.then(
    ({ result, text: said }) => (result ? undefined : `it ended with ${said}`),
    (thrown: unknown) => `it broke: ${String(thrown)}`,
  )
  return { name: "a subscription", wrong }
}

/** Legacy: the stream of a session; its first event says when to come back. */
async function sessionStream({ origin }: Rig, headers: Headers): Promise<OpenStreams[number]> {
  const accept = "application/json, text/event-stream"
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "stream", version: "1" } }
  const begun = await request(`${origin}/mcp`, {
    method: "POST",
    headers: { ...headers, accept, "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params }),
  })
  await begun.body.dump()
  const session = String(begun.headers["mcp-session-id"])
  return eventStream(`${origin}/mcp`, { ...headers, "mcp-session-id": session }, /^retry: \d+$/m)
}

type Headers = Readonly<Record<string, string>>

async function eventStream(url: string, headers: Headers, says?: RegExp): Promise<OpenStreams[number]> {
  const { statusCode, body } = await request(url, { headers: { ...headers, accept: "text/event-stream" } })
  const wrong = text(body).then(
    (said) =>
      statusCode === 200 && (says?.test(said) ?? true) ? undefined : `${statusCode}: ${said.slice(0, 200)}`,
    (thrown: unknown) => `it broke: ${String(thrown)}`,
  )
  return { name: `the stream of ${new URL(url).pathname}`, wrong }
}

async function webSocket({ origin }: Rig, headers: Headers): Promise<OpenStreams[number]> {
  const { socket } = await webSocketPipe(`${origin}/mcp`, headers)
  const closed = once(socket, "close") as Promise<[number]>
  const wrong = closed.then(([code]) => (goingAway.includes(code) ? undefined : `it was closed with ${code}`))
  return { name: "a WebSocket", wrong }
}
