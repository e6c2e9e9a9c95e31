/** WebSocket for a peer, with the headers that the browser's own cannot send. */
import { once } from "node:events"
import { WebSocket } from "ws"
import type { Pipe } from "./peer.ts"

export type WebSocketPipe = Pipe & { readonly socket: WebSocket }

/** Rejects with an error that names the status where the upgrade is refused. */
export async function webSocketPipe(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<WebSocketPipe> {
  const socket = new WebSocket(url.replace(/^http/, "ws"), ["mcp"], { headers })
  await once(socket, "open")
  return {
    socket,
    listen: (onMessage) => void socket.on("message", (data: Buffer) => onMessage(data.toString())),
    send: async (message) => socket.send(JSON.stringify(message)),
    close: async () => {
      if (socket.readyState === WebSocket.CLOSED) return
      socket.close()
      await once(socket, "close")
    },
  }
}
