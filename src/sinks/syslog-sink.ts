/**
 * Sends messages to a syslog collector over TLS (RFC 5425), whose certificate must be good. Syslog has no answers: a
 * batch is sent once its bytes were flushed to the socket and no error came for that write. What was flushed last may
 * still stand in the buffers of a collector that hangs, so it is uncertain and is sent again over the next connection;
 * the collector tells it by its `key`. It is certain once the collector has ended the connection in answer to our end.
 */

import { isIP } from "node:net"
import { connect, getCACertificates, type TLSSocket } from "node:tls"
import type { DialGuard } from "../domain/services/machine.ts"
import type { ExportFormat } from "../domain/audit/log.ts"
import { GatewayError } from "../errors.ts"
import { SinkError, type Item, type Sink } from "./sink.ts"
import { framed } from "./syslog-message.ts"

export type SyslogSettings = {
  readonly host: string
  readonly port: number
  /** The authorities to trust beside those that Node trusts by itself, in PEM. */
  readonly ca?: string
  readonly format: ExportFormat
}

const connectMs = 10_000
const flushMs = 60_000
const keepAliveMs = 30_000
const lingerMs = 1_000
/** More than the buffers of both sides hold. */
const mostUncertainBytes = 8 * 1_024 * 1_024
/** What is kept for the next start is no older: retention must not wait for a collector that is hardly sent anything. */
const certainAfterMs = 24 * 3_600_000
const certificateCodes = /CERT|SIGNATURE|ISSUER|ALTNAME|CRL|HOSTNAME/

type SyslogOptions = SyslogSettings & {
  /** ms of a clock that does not jump. */
  readonly now: () => number
  readonly guard?: DialGuard | undefined
}
type Flushed = { readonly bytes: Buffer; readonly atMs: number }

/** @throws GatewayError `invalid` for an address that may not be dialled */
export function openSyslogSink(settings: SyslogOptions): Sink {
  const { host, port, guard } = settings
  guard?.assertUrl(`https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`)
  return new SyslogSink(settings)
}

class SyslogSink implements Sink {
  readonly format: ExportFormat
  readonly #settings: SyslogOptions
  #socket: TLSSocket | undefined
  /** The last batches that were flushed. */
  #flushed: readonly Flushed[] = []

  constructor(settings: SyslogOptions) {
    this.#settings = settings
    this.format = settings.format
  }

  get uncertain(): number {
    const sinceMs = this.#settings.now() - certainAfterMs
    return this.#flushed.filter(({ atMs }) => atMs > sinceMs).length
  }

  async send(items: readonly Item[], signal: AbortSignal): Promise<void> {
    const bytes = Buffer.concat(items.map(framed))
    const open = this.#socket?.writable === true ? this.#socket : undefined
    try {
      const socket = open ?? (await this.#connect(signal))
      for (const before of open ? [] : this.#flushed) await flush(socket, before.bytes, signal)
      await flush(socket, bytes, signal)
    } catch (cause) {
      this.#socket?.destroy()
      throw new SinkError(`${this.#settings.host}:${this.#settings.port} ${reasonOf(cause)}.`, { cause })
    }
    this.#flushed = newest([...this.#flushed, { bytes, atMs: this.#settings.now() }])
  }

  close(): Promise<void> {
    const socket = this.#socket
    if (socket === undefined || socket.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      socket.once("close", () => resolve())
      // it has read all there was, else it would not know of the end
      socket.once("end", () => (this.#flushed = []))
      socket.setTimeout(lingerMs, () => socket.destroy())
      socket.end()
    })
  }

  async #connect(signal: AbortSignal): Promise<TLSSocket> {
    const { host, port, ca, guard } = this.#settings
    const socket = connect({
      host,
      port,
      minVersion: "TLSv1.2",
      ...(isIP(host) === 0 && { servername: host }),
      ...(guard && { lookup: guard.lookup }),
      ...(ca !== undefined && { ca: [...getCACertificates(), ca] }),
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

/** As many of the last ones as may be uncertain, and the very last in any case. */
function newest(flushed: readonly Flushed[]): readonly Flushed[] {
  let bytes = 0
  const from = flushed.findLastIndex((batch, index) => {
    bytes += batch.bytes.length
    return bytes > mostUncertainBytes && index < flushed.length - 1
  })
  return flushed.slice(from + 1)
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
  if (thrown instanceof GatewayError) return "stands for an address that may not be dialled (outbound.strict)"
  const { code, name } = thrown as NodeJS.ErrnoException
  if (name === "TimeoutError") return "did not take what was sent in time"
  if (code === undefined) return "closed the connection"
  return certificateCodes.test(code)
    ? `has no certificate that can be trusted (${code})`
    : `cannot be reached (${code})`
}
