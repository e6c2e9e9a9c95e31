/** Reads what HTTPS is served with, and refuses a pair that does not fit before anything is started. */

import { readFile } from "node:fs/promises"
import { createSecureContext } from "node:tls"
import type { Config } from "../config.ts"
import { GatewayError } from "../errors.ts"

export type Tls = { readonly cert: Buffer; readonly key: Buffer }

/** @throws GatewayError `invalid` */
export async function readTls({ tls }: Config): Promise<Tls | undefined> {
  if (tls.cert === undefined || tls.key === undefined) return undefined
  const pair = { cert: await readPem("tls.cert", tls.cert), key: await readPem("tls.key", tls.key) }
  try {
    createSecureContext(pair)
    return pair
  } catch (cause) {
    const text = "tls.cert and tls.key are not a certificate and its private key in PEM; correct them."
    throw new GatewayError("invalid", text, { cause })
  }
}

async function readPem(setting: string, path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw new GatewayError("invalid", `${setting} names ${path}, which cannot be read.`, { cause })
  })
}
