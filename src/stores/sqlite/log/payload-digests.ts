/**
 * The digests of payloads that are whole: HMAC-SHA256 under the log's salt, by way of two hashes of a text or a buffer
 * each, which costs half of what an object for each HMAC does. Of what comes in pieces: salted-digest.ts.
 *
 * @see RFC 2104 for the form
 */

import { createHmac, hash } from "node:crypto"
import type { Digested } from "../../../domain/audit/entry.ts"

/** Of SHA-256. */
const blockBytes = 64
const hashBytes = 32
/** A larger one is not copied; the object then costs little beside the hash. */
const mostCopiedBytes = 4 * 1024

export class PayloadDigests {
  readonly #salt: Buffer
  readonly #inner = Buffer.alloc(blockBytes + mostCopiedBytes, 0x36)
  readonly #outer = Buffer.alloc(blockBytes + hashBytes, 0x5c)

  /** @param salt of 64 bytes at most */
  constructor(salt: Uint8Array) {
    this.#salt = Buffer.from(salt)
    for (const [index, byte] of this.#salt.entries()) {
      this.#inner[index] = byte ^ 0x36
      this.#outer[index] = byte ^ 0x5c
    }
  }

  of(payload: Buffer): Digested {
    const bytes = payload.length
    return { bytes, digest: bytes > mostCopiedBytes ? this.#large(payload) : this.#small(payload) }
  }

  #large(payload: Buffer): string {
    return createHmac("sha256", this.#salt).update(payload).digest("base64url")
  }

  #small(payload: Buffer): string {
    this.#inner.set(payload, blockBytes)
    const inner = hash("sha256", this.#inner.subarray(0, blockBytes + payload.length), "binary")
    this.#outer.write(inner, blockBytes, "latin1")
    return hash("sha256", this.#outer, "base64url")
  }
}
