/**
 * The files that HTTPS is served with: read at the start, where a pair that does not fit is refused, and again when they
 * change. What cannot be used then is told in the log and as an issue, and what was used before is served on.
 */

import { X509Certificate } from "node:crypto"
import { unwatchFile, watchFile } from "node:fs"
import { readFile } from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { createSecureContext } from "node:tls"
import type { Config } from "../config.ts"
import { GatewayError } from "../errors.ts"
import type { Log } from "../log.ts"
import { TlsInUse, type TlsMaterial } from "../surfaces/http/tls-in-use.ts"
import type { Closers } from "./closers.ts"
import type { OwnIssues } from "./own-issues.ts"

export type OpenTls = {
  readonly inUse: TlsInUse
  /** Reads the files again. What is wrong with them is in the log, and an issue. */
  reload(): Promise<void>
}

export type TlsOptions = {
  readonly config: Pick<Config, "tls">
  readonly log: Log
  readonly issues: OwnIssues
}

type Paths = Config["tls"]

const subject = "tls"
/** How often the files are looked at: whatever replaces them, and on whatever file system. */
const lookMs = 250
/** Two files are never written at once: how long each try waits for the other one. */
const settleMs = [200, 2_000] as const

/** @throws GatewayError `invalid` */
export async function openTls(
  { config, log, issues }: TlsOptions,
  closers: Closers,
): Promise<OpenTls | undefined> {
  const { tls } = config
  const material = await readMaterial(tls)
  if (!material) return undefined
  const inUse = new TlsInUse(material, { clientNames: tls.clientNames })
  const renew = async (): Promise<void> => {
    const found = await readMaterial(tls)
    issues.clear(subject)
    if (!found || isSame(found, inUse.material)) return
    inUse.renew(found)
    log.info({ until: new X509Certificate(found.cert).validTo }, "The certificate of HTTPS was renewed.")
  }
  const tell = (err: unknown): void => {
    log.error({ err }, "The files of tls cannot be used; what they held before is served on.")
    issues.raise(subject, `${GatewayError.from(err).message} What was read before is served on.`)
  }
  closers.add(watch(tls, () => patiently(renew).catch(tell)))
  return { inUse, reload: () => renew().catch(tell) }
}

/** @returns ends it */
function watch({ cert, key, clientCa }: Paths, onChange: () => Promise<void>): () => void {
  let last = Promise.resolve()
  let waits = 0
  const changed = (): void => {
    if (waits > 0) return
    waits += 1
    last = last.then(() => {
      waits -= 1
      return onChange()
    })
  }
  const paths = [cert, key, clientCa].filter((path) => path !== undefined)
  for (const path of paths) watchFile(path, { interval: lookMs, persistent: false }, changed)
  return () => paths.forEach((path) => unwatchFile(path, changed))
}

async function patiently(renew: () => Promise<void>): Promise<void> {
  const [firstMs, laterMs] = settleMs
  await sleep(firstMs, undefined, { ref: false })
  await renew().catch(async () => {
    await sleep(laterMs, undefined, { ref: false })
    await renew()
  })
}

async function readMaterial(tls: Paths): Promise<TlsMaterial | undefined> {
  if (tls.cert === undefined || tls.key === undefined) return undefined
  const pair = { cert: await readPem("tls.cert", tls.cert), key: await readPem("tls.key", tls.key) }
  try {
    createSecureContext(pair)
  } catch (cause) {
    const text = "tls.cert and tls.key are not a certificate and its private key in PEM; correct them."
    throw new GatewayError("invalid", text, { cause })
  }
  return tls.clientCa === undefined ? pair : { ...pair, clientCa: await readAuthorities(tls.clientCa) }
}

/** Without a certificate in it, those of every public authority would do. */
async function readAuthorities(path: string): Promise<string> {
  const text = await readPem("tls.clientCa", path)
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    const authorities = found.map((certificate) => new X509Certificate(certificate).toString())
    if (authorities.length > 0) return authorities.join("\n")
  } catch (cause) {
    throw noAuthorities(path, cause)
  }
  throw noAuthorities(path)
}

function noAuthorities(path: string, cause?: unknown): GatewayError {
  return new GatewayError("invalid", `tls.clientCa names ${path}, which holds no certificates in PEM.`, { cause })
}

async function readPem(setting: string, path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new GatewayError("invalid", `${setting} names ${path}, which cannot be read.`, { cause })
  })
}

function isSame(left: TlsMaterial, right: TlsMaterial): boolean {
  return left.cert === right.cert && left.key === right.key && left.clientCa === right.clientCa
}
