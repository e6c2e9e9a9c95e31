/** Files in the data folder that hold a secret: readable by their owner alone, there whole or not at all. */

import { randomUUID } from "node:crypto"
import { link, mkdir, open, rename, rm } from "node:fs/promises"
import { dirname } from "node:path"
import { syncFolder, temporarySuffix, writeSynced } from "./durable-file.ts"
import { GatewayError } from "./errors.ts"

const groupAndOthers = 0o077

/** Makes the file, or leaves the one that is there as it is. Survives a loss of power once it returns. */
export async function makeSecretFile(path: string, content: string | Buffer): Promise<"made" | "exists"> {
  try {
    await putFile(path, content, link)
    return "made"
  } catch (thrown) {
    if (thrown instanceof GatewayError && codeOf(thrown.cause) === "EEXIST") return "exists"
    throw thrown
  }
}

/** Makes the file, or another one in its place. */
export function replaceSecretFile(path: string, content: string): Promise<void> {
  return putFile(path, content, rename)
}

/**
 * @param name for messages, as a path within the data folder
 * @returns undefined where there is no such file
 * @throws GatewayError `invalid` where others than its owner could read it, or it is longer than `maxBytes`
 */
export async function readSecretFile(path: string, name: string, maxBytes: number): Promise<Buffer | undefined> {
  try {
    await using file = await open(path, "r")
    const { mode, size } = await file.stat()
    if ((mode & groupAndOthers) !== 0)
      throw unusableFile(name, "others than its owner can read or write it; chmod 600 it")
    if (size > maxBytes) throw unusableFile(name, `it is longer than ${maxBytes} bytes`)
    return await file.readFile()
  } catch (thrown) {
    if (thrown instanceof GatewayError) throw thrown
    if (codeOf(thrown) === "ENOENT") return undefined
    throw unusableFile(name, `it cannot be read: ${codeOf(thrown)}`)
  }
}

export function unusableFile(name: string, why: string): GatewayError {
  return new GatewayError("invalid", `${name} in the data folder cannot be used: ${why}.`)
}

type Put = (from: string, to: string) => Promise<void>

async function putFile(path: string, content: string | Buffer, put: Put): Promise<void> {
  const temporary = `${path}.${randomUUID()}${temporarySuffix}`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeSynced(temporary, content)
    await put(temporary, path)
    await syncFolder(dirname(path))
  } catch (cause) {
    const help = "The data folder cannot be written to; check its owner, its mode and the disk."
    throw new GatewayError("invalid", help, { cause })
  } finally {
    await rm(temporary, { force: true })
  }
}

function codeOf(thrown: unknown): string {
  return (thrown as NodeJS.ErrnoException | undefined)?.code ?? "unknown"
}
