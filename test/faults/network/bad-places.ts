/**
 * Places where no service can be reached, or none that may be trusted: what listens there, if anything, and what whoever
 * looks after the service must be told. The gateway trusts the certificates of `trusted`, as it would an authority.
 */

import { once } from "node:events"
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net"
import { createServer as createTlsServer, type TlsOptions } from "node:tls"
import { issueCertificate } from "../../sinks/certificate.ts"
import { startNeverAccepting } from "./never-accepting.ts"

export type BadPlace = {
  readonly name: string
  readonly secure: boolean
  readonly host: string
  readonly told: RegExp
}
export type BadPlaces = {
  readonly places: readonly BadPlace[]
  /** Where there is nothing bad. */
  readonly good: BadPlace
  /** PEM. */
  readonly trusted: string
  /** Bytes of requests that arrived at a place that may not be trusted. */
  readonly leakedBytes: number
  close(): Promise<void>
}

const here = "127.0.0.1"
const sound = issueCertificate({ common: "sound", names: [here] })
const expired = issueCertificate({ common: "expired", names: [here], untilMs: -60_000 })
const elsewhere = issueCertificate({ common: "elsewhere", names: ["elsewhere.example", "127.0.0.2"] })
const unknown = issueCertificate({ common: "unknown", names: [here] })
const oldest: TlsOptions = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }

/** @param service the port of one that behaves, which the good place leads to, and the untrusted would too */
export async function openBadPlaces(service: number): Promise<BadPlaces> {
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  let leakedBytes = 0
  const listen = async (server: Server): Promise<string> => {
    servers.push(server)
    server.on("connection", (socket) => sockets.add(socket.on("error", () => {})))
    await once(server.listen(0, here), "listening")
    return `${here}:${(server.address() as AddressInfo).port}`
  }
  const tls = (options: TlsOptions, onBytes: (bytes: Buffer) => void = () => {}): Promise<string> => {
    const server = createTlsServer(options, (near) => {
      const far = connect(service, here).on("error", () => near.destroy())
      near.on("error", () => far.destroy()).on("data", onBytes)
      near.pipe(far).pipe(near)
    })
    return listen(server.on("tlsClientError", () => {}))
  }
  const leak = (bytes: Buffer): void => void (leakedBytes += bytes.length)
  const never = await startNeverAccepting()
  const plain = (name: string, host: string, told: RegExp): BadPlace => ({ name, secure: false, host, told })
  const secure = (name: string, host: string, told: RegExp): BadPlace => ({ name, secure: true, host, told })
  const places = [
    plain("refusing", `${here}:1`, /ECONNREFUSED/),
    plain("resetting", await listen(createServer((socket) => socket.resetAndDestroy())), /ECONNRESET/),
    plain("closing", await listen(createServer((socket) => socket.destroy())), /ECONNRESET|UND_ERR_SOCKET|broke/),
    plain("silent", await listen(createServer()), /within 10000 ms/),
    plain("never-accepting", `${here}:${never.port}`, /within 10000 ms|TIMEOUT/),
    plain("unknown-to-dns", "nowhere.invalid:80", /host name is not known \((?:ENOTFOUND|EAI_AGAIN)\)/),
    secure("expired", await tls(expired, leak), /certificate.*CERT_HAS_EXPIRED/),
    secure("of-another-host", await tls(elsewhere, leak), /certificate.*ERR_TLS_CERT_ALTNAME_INVALID/),
    secure("of-no-authority", await tls(unknown, leak), /certificate.*DEPTH_ZERO_SELF_SIGNED_CERT/),
    secure("too-old", await tls({ ...sound, ...oldest }, leak), /TLS.*PROTO/),
    secure("without-tls", `${here}:${service}`, /TLS/),
  ]
  return {
    places,
    good: secure("good", await tls(sound), /^$/),
    trusted: [sound, expired, elsewhere].map(({ cert }) => cert).join(""),
    get leakedBytes() {
      return leakedBytes
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      for (const server of servers) server.close()
      await never.close()
    },
  }
}
