/**
 * Places where no service can be reached, or none that may be trusted: what listens there, if anything, and what whoever
 * looks after the service must be told. The gateway trusts the certificates of `trusted`, as it would an authority.
 */

import { issueCertificate } from "../../sinks/certificate.ts"
import { Listeners } from "./listeners.ts"
import { startNeverAccepting, type NeverAccepting } from "./never-accepting.ts"

export type BadPlace = {
  readonly name: string
  readonly secure: boolean
  /** With the port. */
  readonly host: string
  readonly told: RegExp
}

export type BadPlaces = {
  readonly places: readonly BadPlace[]
  /** Where there is nothing bad. */
  readonly good: BadPlace
  /** PEM. */
  readonly trusted: string
  /** Bytes of requests that arrived where they must not. */
  readonly leakedBytes: number
  close(): Promise<void>
}

const here = "127.0.0.1"
const sound = issueCertificate({ common: "sound", names: [here] })
const expired = issueCertificate({ common: "expired", names: [here], untilMs: -60_000 })
const elsewhere = issueCertificate({ common: "elsewhere", names: ["elsewhere.example", "127.0.0.2"] })
const unknown = issueCertificate({ common: "unknown", names: [here] })
const oldest = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const

/** @param service the port of one that behaves, to which the untrusted would lead */
export async function openBadPlaces(service: number): Promise<BadPlaces> {
  const [listeners, good, never] = [new Listeners(), new Listeners(), await startNeverAccepting()]
  const places = [
    ...(await unreachable(listeners, never)),
    ...(await answering(listeners)),
    ...(await untrusted(listeners, service)),
  ]
  return {
    places,
    good: { name: "good", secure: true, host: await good.tls(sound, service), told: /^$/ },
    trusted: [sound, expired, elsewhere].map(({ cert }) => cert).join(""),
    get leakedBytes() {
      return listeners.bytes
    },
    close: async () => {
      listeners.close()
      good.close()
      await never.close()
    },
  }
}

async function unreachable(listeners: Listeners, never: NeverAccepting): Promise<readonly BadPlace[]> {
  const dead = await listeners.doing((socket) => socket.resetAndDestroy())
  const short = await listeners.doing((socket) => socket.destroy())
  const silent = await listeners.doing(() => {})
  const place = placed(false)
  return [
    place("refusing", `${here}:1`, /ECONNREFUSED/),
    place("resetting", dead, /ECONNRESET/),
    place("closing", short, /ECONNRESET|UND_ERR_SOCKET|broke/),
    place("silent", silent, /within 10000 ms/),
    place("never-accepting", `${here}:${never.port}`, /within 10000 ms|TIMEOUT/),
    place("unknown-to-dns", "nowhere.invalid:80", /host name is not known \((?:ENOTFOUND|EAI_AGAIN)\)/),
  ]
}

async function answering(listeners: Listeners): Promise<readonly BadPlace[]> {
  const away = `location: http://${await listeners.counting()}/latest/meta-data\r\n`
  const say = (head: string, body = ""): Promise<string> =>
    listeners.saying(`HTTP/1.1 ${head}content-length: ${body.length}\r\n\r\n${body}`)
  const place = placed(false)
  return [
    place("redirecting", await say(`302 Found\r\n${away}`), /302|redirects/),
    place("redirecting-for-good", await say(`308 Permanent Redirect\r\n${away}`), /308|redirects/),
    place("unauthorised", await say("401 Unauthorized\r\nwww-authenticate: Basic\r\n"), /401/),
    place("failing", await say("503 Service Unavailable\r\n"), /503/),
    place("a-page", await say("200 OK\r\ncontent-type: text/html\r\n", "<html>"), /text\/html|200/),
  ]
}

async function untrusted(listeners: Listeners, service: number): Promise<readonly BadPlace[]> {
  const place = placed(true)
  return [
    place("expired", await listeners.tls(expired, service), /certificate.*CERT_HAS_EXPIRED/),
    place("of-another-host", await listeners.tls(elsewhere, service), /certificate.*ALTNAME_INVALID/),
    place("of-no-authority", await listeners.tls(unknown, service), /certificate.*DEPTH_ZERO_SELF_SIGNED_CERT/),
    place("too-old", await listeners.tls({ ...sound, ...oldest }, service), /TLS.*PROTO/),
    place("without-tls", `${here}:${service}`, /TLS/),
  ]
}

function placed(secure: boolean): (name: string, host: string, told: RegExp) => BadPlace {
  return (name, host, told) => ({ name, secure, host, told })
}
