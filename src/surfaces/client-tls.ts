/** What our own clients of a gateway speak TLS with: commands, and `mcp-meta stdio` that joins one which runs. */

import { readFile } from "node:fs/promises"
import { getCACertificates } from "node:tls"
import { GatewayError } from "../errors.ts"

/** Paths. */
export type ClientFiles = {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly certKey: string | undefined
}

/** In PEM, as `tls.connect` takes them. */
export type ClientTls = { readonly ca?: readonly string[]; readonly cert?: string; readonly key?: string }

/** @throws GatewayError `invalid` */
export async function readClientTls({ ca, cert, certKey }: ClientFiles): Promise<ClientTls> {
  return {
    // What is given here would stand in place of the system's.
    ...(ca !== undefined && { ca: [...getCACertificates(), await readPem("cli.ca", ca)] }),
    ...(cert !== undefined && { cert: await readPem("cli.cert", cert) }),
    ...(certKey !== undefined && { key: await readPem("cli.certKey", certKey) }),
  }
}

async function readPem(setting: string, path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new GatewayError("invalid", `${setting} names ${path}, which cannot be read.`, { cause })
  })
}
