/** A gateway with TLS, and the files that it is served with, to be replaced while it runs. */
import { rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { issueCertificate, type Certificate } from "../sinks/certificate.ts"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"

export type TlsGateway = {
  readonly gateway: TestGateway
  /** Vouches for every certificate of the gateway. */
  readonly authority: Certificate
  readonly folder: string
  /** Puts text in the place of a file, at once. */
  replace(name: TlsFile, text: string): Promise<void>
  stop(): Promise<void>
}

export type TlsFile = "cert.pem" | "key.pem" | "clients.pem"

export type TlsGatewayOptions = {
  readonly services?: Readonly<Record<string, unknown>>
  readonly args?: readonly string[]
  /** Vouch for clients. */
  readonly clientCa?: string
}

export function serverCertificate(authority: Certificate): Certificate {
  return issueCertificate({ names: ["localhost", "127.0.0.1"], common: "gateway", by: authority })
}

export async function startTlsGateway({
  services = {},
  args = [],
  clientCa,
}: TlsGatewayOptions): Promise<TlsGateway> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-tls-"))
  const authority = issueCertificate({ common: "authority of the gateway" })
  const replace = async (name: TlsFile, text: string): Promise<void> => {
    await writeFile(join(folder, `${name}.new`), text, { mode: 0o600 })
    await rename(join(folder, `${name}.new`), join(folder, name))
  }
  const first = serverCertificate(authority)
  await replace("cert.pem", first.cert)
  await replace("key.pem", first.key)
  if (clientCa !== undefined) await replace("clients.pem", clientCa)
  const path = (name: TlsFile): string => join(folder, name)
  const clients = clientCa === undefined ? [] : ["--tls-client-ca", path("clients.pem")]
  const files = ["--tls-cert", path("cert.pem"), "--tls-key", path("key.pem"), ...clients]
  const gateway = await startGateway({ services, args: [...files, ...args] })
  const stop = async (): Promise<void> => {
    await gateway.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return { gateway, authority, folder, replace, stop }
}
