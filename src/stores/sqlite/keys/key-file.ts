/** The files of the folder of keys: made whole or not at all, and used only where nobody else can read what is secret. */

import { randomUUID } from "node:crypto"
import { link, open, rename, rm } from "node:fs/promises"
import { basename, dirname } from "node:path"
import { syncFolder, writeSynced } from "../../../durable-file.ts"
import { GatewayError } from "../../../errors.ts"

const groupAndOthers = 0o077
const maxBytes = 1024 * 1024

/** Makes a file that must not be there yet. */
export function makeKeyFile(path: string, content: string | Buffer): Promise<void> {
  return putFile(path, content, link)
}

/** Makes the file, or another one in its place. */
export function replaceKeyFile(path: string, content: string): Promise<void> {
  return putFile(path, content, rename)
}

/**
 * @returns undefined where there is none
 * @throws GatewayError `invalid` where others than its owner could read it
 */
export async function readKeyFile(path: string): Promise<Buffer | undefined> {
  try {
    await using file = await open(path, "r")
    const { mode, size } = await file.stat()
    if ((mode & groupAndOthers) !== 0)
      throw unusable(path, "others than its owner can read or write it; chmod 600 it")
    if (size > maxBytes) throw unusable(path, `it is longer than ${maxBytes} bytes; restore it from a backup`)
    return await file.readFile()
  } catch (thrown) {
    if (thrown instanceof GatewayError) throw thrown
    const { code } = thrown as NodeJS.ErrnoException
    if (code === "ENOENT") return undefined
    throw unusable(path, `it cannot be read (${code ?? "unknown"}); check its owner and its mode`)
  }
}

export function unusable(path: string, why: string): GatewayError {
  return new GatewayError("invalid", `keys/${basename(path)} in the data folder cannot be used: ${why}.`)
}

type Put = (from: string, to: string) => Promise<void>

async function putFile(path: string, content: string | Buffer, put: Put): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await writeSynced(temporary, content)
    await put(temporary, path)
    await syncFolder(dirname(path))
  } catch (cause) {
    const why = "The folder keys in the data folder cannot be written to; check its owner, its mode and the disk."
    throw new GatewayError("invalid", why, { cause })
  } finally {
    await rm(temporary, { force: true })
  }
}
