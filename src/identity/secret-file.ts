/** Files in the data folder that hold a secret: readable by their owner alone, there whole or not at all. */

import { randomUUID } from "node:crypto"
import { link, mkdir, open, rm } from "node:fs/promises"
import { dirname } from "node:path"
import { syncFolder, writeSynced } from "../durable-file.ts"
import { GatewayError } from "../errors.ts"

const groupAndOthers = 0o077

/** Makes the file, or leaves the one that is there as it is. Survives a loss of power once it returns. */
export async function makeSecretFile(path: string, content: string | Buffer): Promise<"made" | "exists"> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeSynced(temporary, content)
    await link(temporary, path)
    await syncFolder(dirname(path))
    return "made"
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return "exists"
    throw new GatewayError(
      "invalid",
      "The data folder cannot be written to; check its owner, its mode and the disk.",
      { cause },
    )
  } finally {
    await rm(temporary, { force: true })
  }
}

/**
 * @param name for messages, as a path within the data folder
 * @returns undefined where there is no such file
 * @throws GatewayError `invalid` where others than its owner could read it, or it is longer than `maxBytes`
 */
export async function readSecretFile(path: string, name: string, maxBytes: number): Promise<Buffer | undefined> {
  try {
    const file = await open(path, "r")
    try {
      const { mode, size } = await file.stat()
      if ((mode & groupAndOthers) !== 0)
        throw unusable(name, "others than its owner can read or write it; chmod 600 it")
      if (size > maxBytes) throw unusable(name, `it is longer than ${maxBytes} bytes`)
      return await file.readFile()
    } finally {
      await file.close()
    }
  } catch (thrown) {
    if (thrown instanceof GatewayError) throw thrown
    const { code } = thrown as NodeJS.ErrnoException
    if (code === "ENOENT") return undefined
    throw unusable(name, `it cannot be read: ${code ?? "unknown"}`)
  }
}

function unusable(name: string, why: string): GatewayError {
  return new GatewayError("invalid", `${name} in the data folder cannot be used: ${why}.`)
}
