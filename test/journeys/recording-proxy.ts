/** Keeps every byte that goes to a server through it, whatever the protocol. */
import { once } from "node:events"
import { connect, createServer, type AddressInfo, type Socket } from "node:net"

export type RecordingProxy = { readonly url: string; sent(): string; close(): Promise<void> }

/** @param url of the server; the proxy's is the same with another port */
export async function startRecordingProxy(url: string): Promise<RecordingProxy> {
  const target = new URL(url)
  const own = new URL(url)
  const open = new Set<Socket>()
  const chunks: Buffer[] = []
  const server = createServer((incoming) => {
    const outgoing = connect(Number(target.port), target.hostname)
    for (const socket of [incoming, outgoing]) {
      open.add(socket)
      socket.on("error", () => {}).on("close", () => [incoming, outgoing].forEach((each) => each.destroy()))
    }
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
    incoming.pipe(outgoing).pipe(incoming)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  own.port = String((server.address() as AddressInfo).port)
  return {
    url: own.href,
    sent: () => Buffer.concat(chunks).toString("latin1"),
    close: async () => {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, "close")
    },
  }
}
