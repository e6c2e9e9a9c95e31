/**
 * What HTTPS is served with now, and what follows from it for a connection: the oldest protocol, the ciphers, and whose
 * certificate a client must show. What is renewed holds for the handshakes from then on; open connections go on.
 *
 * Where it is read: gateway/tls.ts.
 */

import type { X509Certificate } from "node:crypto"
import type { Server, ServerOptions } from "node:https"
import type { TLSSocket } from "node:tls"

/** In PEM. */
export type TlsMaterial = {
  readonly cert: string
  readonly key: string
  /** The authorities of clients' certificates: who shows none of theirs is refused in the handshake. */
  readonly clientCa?: string
}

export type TlsRules = {
  /** Names in clients' certificates, of which each must have one; any will do where there are none. */
  readonly clientNames: readonly string[]
}

export class TlsInUse {
  readonly rules: TlsRules
  readonly #listeners = new Set<(material: TlsMaterial) => void>()
  #material: TlsMaterial

  constructor(material: TlsMaterial, rules: TlsRules) {
    this.#material = material
    this.rules = rules
  }

  get material(): TlsMaterial {
    return this.#material
  }

  renew(material: TlsMaterial): void {
    this.#material = material
    for (const listener of this.#listeners) listener(material)
  }

  /** @returns ends it */
  onRenewed(listener: (material: TlsMaterial) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** Of TLS 1.2 only those that keep what was said a secret when the key is lost, and that nobody can alter. */
const ciphers = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
].join(":")

export function tlsSettings({ cert, key, clientCa }: TlsMaterial): ServerOptions {
  return {
    cert,
    key,
    ciphers,
    minVersion: "TLSv1.2",
    ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: true }),
  }
}

/** Serves every handshake from now on by what is in use then. */
export function followTls(server: Server, tls: TlsInUse): void {
  server.on(
    "close",
    tls.onRenewed((material) => server.setSecureContext(tlsSettings(material))),
  )
  const names = new Set(tls.rules.clientNames)
  if (names.size === 0) return
  // Before HTTP hears of the connection.
  server.prependListener("secureConnection", (socket: TLSSocket) => {
    if (!namesOf(socket.getPeerX509Certificate()).some((name) => names.has(name))) socket.destroy()
  })
}

/** Every name that its authority vouches for: host names, URIs, mail and IP addresses, and the common name. */
function namesOf(certificate: X509Certificate | undefined): readonly string[] {
  if (!certificate) return []
  const alternative = [...(certificate.subjectAltName ?? "").matchAll(alternativeName)]
    .filter(([, kind = ""]) => kinds.has(kind))
    .map(([, , name = ""]) => name)
  const { CN: common } = certificate.toLegacyObject().subject
  return [...alternative, ...[common ?? []].flat()]
}

const kinds: ReadonlySet<string> = new Set(["DNS", "URI", "email", "IP Address"])

/**
 * One of the list `DNS:a, URI:b`, of whatever kind. Names that could be misread come in quotes, are passed over as a whole,
 * and match nothing.
 */
const alternativeName = /(?<=^|, )([^:,"]+):(?:"(?:[^"\\]|\\.)*"|([^",]+))/g
