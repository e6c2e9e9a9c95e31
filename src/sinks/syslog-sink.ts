/**
 * Sends messages to a syslog collector over TLS (RFC 5425), whose certificate must be good. Syslog has no answers: a
 * batch counts as delivered once its bytes were flushed to the socket and no error came for that write. What was
 * flushed shortly before a connection broke may not have arrived, so the last batches are sent again over the next one;
 * the collector tells them by their `key`.
 */

import { isIP } from "node:net"
import { connect, type TLSSocket } from "node:tls"
import type { ExportFormat } from "../domain/audit/log.ts"
import { SinkError, type Item, type Sink } from "./sink.ts"
import { framed } from "./syslog-message.ts"

export type SyslogSettings = {
  readonly host: string
  readonly port: number
  /** The authorities to trust in place of those the system trusts, in PEM. */
  readonly ca?: string
  readonly format: ExportFormat
}

const connectMs = 10_000
const flushMs = 60_000
const keepAliveMs = 30_000
const lingerMs = 1_000
/** At 512 KiB each, more than the buffers of both sides hold. */
const mostUncertain = 8
const certificateCodes = /CERT|SIGNATURE|ISSUER|ALTNAME|CRL|HOSTNAME/

export function openSyslogSink(settings: SyslogSettings): Sink {
  return new SyslogSink(settings)
}

class SyslogSink implements Sink {
  readonly format: ExportFormat
  readonly #settings: SyslogSettings
  #socket: TLSSocket | undefined
  /** The last batches that were flushed. */
  #uncertain: Buffer[] = []

  constructor(settings: SyslogSettings) {
    this.#settings = settings
    this.format = settings.format
  }

  async send(items: readonly Item[], signal: AbortSignal): Promise<void> {
    const bytes = Buffer.concat(items.map(framed))
    const open = this.#socket?.writable === true ? this.#socket : undefined
    try {
      const socket = open ?? (await this.#connect(signal))
      await flush(socket, open ? bytes : Buffer.concat([...this.#uncertain, bytes]), signal)
    } catch (cause) {
      this.#socket?.destroy()
      throw new SinkError(`${this.#settings.host}:${this.#settings.port} ${reasonOf(cause)}.`, { cause })
    }
    this.#uncertain = [...this.#uncertain, bytes].slice(-mostUncertain)
  }

  close(): Promise<void> {
    const socket = this.#socket
    if (socket === undefined || socket.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      socket.once("close", () => resolve())
      socket.setTimeout(lingerMs, () => socket.destroy())
      socket.end()
    })
  }

  async #connect(signal: AbortSignal): Promise<TLSSocket> {
    const { host, port, ca } = this.#settings
    const socket = connect({
      host,
      port,
      minVersion: "TLSv1.2",
      ...(isIP(host) === 0 && { servername: host }),
      ...(ca !== undefined && { ca }),
    })
    this.#socket = socket
    // what breaks between two batches shows at the next one
    socket.on("error", () => undefined)
    await until(socket, signal, {
      ms: connectMs,
      begin: (done) => void socket.once("secureConnect", () => done()),
    })
    socket.setKeepAlive(true, keepAliveMs)
    // nothing comes but the end
    socket.resume()
    return socket
  }
}

function flush(socket: TLSSocket, bytes: Buffer, signal: AbortSignal): Promise<void> {
  return until(socket, signal, { ms: flushMs, begin: (done) => void socket.write(bytes, done) })
}

type Done = (error?: Error | null) => void
type Step = { readonly ms: number; readonly begin: (done: Done) => void }

/** Rejects where the socket breaks, the time is over or the try is given up; whoever asked destroys the socket then. */
async function until(socket: TLSSocket, signal: AbortSignal, { ms, begin }: Step): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const ends = AbortSignal.any([signal, AbortSignal.timeout(ms)])
  const onAbort = () => reject(ends.reason as Error)
  const onClose = () => reject(new Error("closed"))
  ends.addEventListener("abort", onAbort)
  socket.once("error", reject)
  socket.once("close", onClose)
  begin((error) => (error ? reject(error) : resolve()))
  try {
    ends.throwIfAborted()
    await promise
  } finally {
    ends.removeEventListener("abort", onAbort)
    socket.off("error", reject)
    socket.off("close", onClose)
  }
}

function reasonOf(thrown: unknown): string {
  const { code, name } = thrown as NodeJS.ErrnoException
  if (name === "TimeoutError") return "did not take what was sent in time"
  if (code === undefined) return "closed the connection"
  return certificateCodes.test(code)
    ? `has no certificate that can be trusted (${code})`
    : `cannot be reached (${code})`
}
