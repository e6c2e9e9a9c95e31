/** Stands in front of a server and keeps every byte that it answers, whatever the protocol. */

import { appendFileSync } from "node:fs"
import { once } from "node:events"
import { connect, createServer, type AddressInfo, type Socket } from "node:net"

export type ReplyRecorder = { readonly url: string; close(): Promise<void> }

/** @param url of the server; the recorder's is the same with another port */
export async function startReplyRecorder(url: string, file: string): Promise<ReplyRecorder> {
  const target = new URL(url)
  const own = new URL(url)
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (incoming) => {
    const outgoing = connect({ port: Number(target.port), host: target.hostname, allowHalfOpen: true })
    const said: Buffer[] = []
    for (const socket of [incoming, outgoing]) {
      open.add(socket)
      socket.on("error", () => {}).on("close", () => [incoming, outgoing].forEach((each) => each.destroy()))
    }
    outgoing.on("data", (chunk: Buffer) => said.push(chunk))
    outgoing.once("close", () => {
      open.delete(outgoing)
      appendFileSync(file, Buffer.concat(said))
    })
    incoming.once("close", () => open.delete(incoming))
    incoming.pipe(outgoing).pipe(incoming)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  own.port = String((server.address() as AddressInfo).port)
  return {
    url: own.href,
    close: async () => {
      const closed = [...open].map((socket) => once(socket, "close"))
      for (const socket of open) socket.destroy()
      server.close()
      await Promise.all([...closed, once(server, "close")])
    },
  }
}
