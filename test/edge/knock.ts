/** One request on a TLS connection of its own: what it was answered, and by whose certificate. */
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls"

export type Knocked = {
  /** Undefined where no answer came: the handshake was refused, or the connection cut. */
  readonly status: number | undefined
  /** Of the gateway's certificate. */
  readonly fingerprint: string
  readonly text: string
  readonly session: Buffer | undefined
}

export type Showing = Pick<
  ConnectionOptions,
  "ca" | "cert" | "key" | "session" | "minVersion" | "maxVersion" | "ciphers"
> & {
  readonly lines?: readonly string[]
  readonly path?: string
}

const patienceMs = 10_000

export async function knock(
  origin: string,
  { lines = [], path = "/health", ...showing }: Showing,
): Promise<Knocked> {
  const { hostname: host, port } = new URL(origin)
  const socket = connect({ host, port: Number(port), servername: "localhost", ...showing })
  let session: Buffer | undefined
  let fingerprint = ""
  let text = ""
  socket.on("session", (given: Buffer) => (session = given))
  socket.on("secureConnect", () => (fingerprint = socket.getPeerX509Certificate()?.fingerprint256 ?? ""))
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")))
  socket.write([`GET ${path} HTTP/1.1`, "host: localhost", ...lines, "connection: close", "", ""].join("\r\n"))
  await ended(socket)
  const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1]
  return { status: status === undefined ? undefined : Number(status), fingerprint, text, session }
}

function ended(socket: TLSSocket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const late = setTimeout(() => socket.destroy(), patienceMs)
  socket.on("error", () => {}) // a refusal, told as no answer
  socket.once("close", () => {
    clearTimeout(late)
    resolve()
  })
  return promise
}
