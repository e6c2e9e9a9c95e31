/**
 * Seals values with AES-256-GCM under a key of this gateway: what leaves says nothing, and what comes back altered,
 * invented, or made for another purpose does not open. Replicas that share the key file open each other's.
 */

import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from "node:crypto"
import { join } from "node:path"
import type { Sealer } from "../domain/secrets/secret.ts"
import { GatewayError } from "../errors.ts"
import { makeSecretFile, readSecretFile } from "../secret-file.ts"

const cipher = "aes-256-gcm"
const keyBytes = 32
/** Random nonces of 96 bits are safe for 2^32 texts under one key (NIST SP 800-38D §8.3). */
const nonceBytes = 12
const tagBytes = 16
const maxTextLength = 16 * 1024
const keyName = "keys/seal.key"

/**
 * Reads `keys/seal.key` of the data folder, making it where there is none.
 *
 * @throws GatewayError `invalid` where others could read it or its length is wrong; it is never replaced
 */
export async function openSealer(dataDir: string): Promise<Sealer> {
  const path = join(dataDir, keyName)
  const kept = await readSecretFile(path, keyName, keyBytes)
  if (kept) return createSealer(kept)
  await makeSecretFile(path, randomBytes(keyBytes))
  return createSealer((await readSecretFile(path, keyName, keyBytes)) ?? Buffer.alloc(0))
}

/** @param masterKey 32 random bytes */
export function createSealer(masterKey: Buffer): Sealer {
  if (masterKey.length !== keyBytes) {
    throw new GatewayError(
      "invalid",
      `${keyName} in the data folder must hold exactly ${keyBytes} bytes; restore it from a backup.`,
    )
  }
  // As an object: to look through bytes each time takes as long as to seal a cursor by them.
  const key = createSecretKey(Buffer.from(hkdfSync("sha256", masterKey, "", "mcp-meta seal 1", keyBytes)))
  return {
    seal: (purpose, value) => seal(key, purpose, value),
    open: (purpose, text) => open(key, purpose, text),
  }
}

function seal(key: KeyObject, purpose: string, value: unknown): string {
  const nonce = randomBytes(nonceBytes)
  const sealing = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(purpose))
  const hidden = Buffer.concat([sealing.update(JSON.stringify(value)), sealing.final()])
  const text = Buffer.concat([nonce, sealing.getAuthTag(), hidden]).toString("base64url")
  if (text.length <= maxTextLength) return text
  throw new GatewayError("too_large", `What is to be sealed is larger than ${maxTextLength} bytes allow.`)
}

function open(key: KeyObject, purpose: string, text: string): unknown {
  if (text.length > maxTextLength) return undefined
  const bytes = Buffer.from(text, "base64url")
  // Only the one way to write it, so that a text used once cannot come again in another spelling.
  if (bytes.length <= nonceBytes + tagBytes || bytes.toString("base64url") !== text) return undefined
  try {
    const opening = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
    opening.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
    const shown = Buffer.concat([opening.update(bytes.subarray(nonceBytes + tagBytes)), opening.final()])
    return JSON.parse(shown.toString())
  } catch {
    return undefined
  }
}
