/** Makes certificates for TLS, so that no private key is kept among the tests. */

import { generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto"
import { isIP } from "node:net"

export type Certificate = { readonly cert: string; readonly key: string }

const dayMs = 86_400_000
const tags = {
  integer: 0x02,
  bits: 0x03,
  bytes: 0x04,
  oid: 0x06,
  text: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
}
const oids = {
  ecdsaWithSha256: "2a8648ce3d040302",
  commonName: "550403",
  basicConstraints: "551d13",
  subjectAltName: "551d11",
}

export type Wanted = {
  /** Host names, addresses, URIs, and names of a directory: `CN=somebody`. */
  readonly names?: readonly string[]
  readonly common?: string
  /** Whose word it is; its own unless said. */
  readonly by?: Certificate
  /** Ms from now; a day unless said. */
  readonly untilMs?: number
}

/** Good for a day, for these names and addresses, signed by itself. */
export function makeCertificate(...names: readonly string[]): Certificate {
  return issueCertificate({ names })
}

/** An authority, where it is asked to sign others. */
export function issueCertificate({ names = [], common = "a test", by, untilMs = dayMs }: Wanted): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const algorithm = der(tags.sequence, oid("ecdsaWithSha256"))
  const name = commonName(common)
  const valid = der(tags.sequence, time(Date.now() - 30 * dayMs), time(Date.now() + untilMs))
  const version = der(0xa0, der(tags.integer, Buffer.from([2])))
  const serial = der(tags.integer, Buffer.from([1, ...randomBytes(8)]))
  const spki = publicKey.export({ type: "spki", format: "der" })
  const issuer = by ? issuerOf(by) : name
  const content = der(tags.sequence, version, serial, algorithm, issuer, valid, name, spki, extensions(names))
  const signature = der(tags.bits, Buffer.from([0]), sign("sha256", content, by?.key ?? privateKey))
  return {
    cert: pem(der(tags.sequence, content, algorithm, signature)),
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  }
}

function issuerOf({ cert }: Certificate): Buffer {
  const common = new X509Certificate(cert).subject.replace("CN=", "")
  return commonName(common)
}

function commonName(common: string): Buffer {
  return der(tags.sequence, der(tags.set, der(tags.sequence, oid("commonName"), der(tags.text, common))))
}

function extensions(names: readonly string[]): Buffer {
  const authority = der(tags.sequence, der(0x01, Buffer.from([0xff])))
  const list = [der(tags.sequence, oid("basicConstraints"), der(tags.bytes, authority))]
  if (names.length > 0) {
    const alternative = der(tags.sequence, ...names.map(altName))
    list.push(der(tags.sequence, oid("subjectAltName"), der(tags.bytes, alternative)))
  }
  return der(0xa3, der(tags.sequence, ...list))
}

function altName(host: string): Buffer {
  if (host.startsWith("CN=")) return der(0xa4, commonName(host.slice(3)))
  if (host.includes("://")) return der(0x86, host)
  return isIP(host) === 4 ? der(0x87, Buffer.from(host.split(".").map(Number))) : der(0x82, host)
}

function oid(name: keyof typeof oids): Buffer {
  return der(tags.oid, Buffer.from(oids[name], "hex"))
}

function time(ms: number): Buffer {
  return der(tags.utcTime, `${new Date(ms).toISOString().replaceAll(/[-:T]/g, "").slice(2, 14)}Z`)
}

function der(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string)))
  const { length } = content
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), content])
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString("base64").replaceAll(/.{64}(?=.)/g, "$&\n")
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}
