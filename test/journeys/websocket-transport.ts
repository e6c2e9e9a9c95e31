/** A transport for the old SDK's client over WebSocket that sends a credential; the SDK's own cannot. */
import { once } from "node:events"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js"
import { WebSocket } from "ws"

export function openWebSocketTransport(url: string, headers: Readonly<Record<string, string>>): Transport {
  const socket = new WebSocket(url.replace(/^http/, "ws"), ["mcp"], { headers })
  const transport: Transport = {
    start: async () => {
      socket.on("message", (data: Buffer) => transport.onmessage?.(JSON.parse(data.toString()) as JSONRPCMessage))
      socket.on("close", () => transport.onclose?.())
      await once(socket, "open")
    },
    send: async (message) => socket.send(JSON.stringify(message)),
    close: async () => socket.close(),
  }
  return transport
}
