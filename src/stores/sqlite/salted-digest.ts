/** The digest of a payload under the log's salt: of what is whole, and of what comes in pieces. */

import { createHmac, type KeyObject } from "node:crypto"
import type { Digested } from "../../domain/audit/entry.ts"
import type { RunningDigest } from "../../domain/audit/log.ts"

export class SaltedDigest implements RunningDigest {
  readonly #hmac
  #bytes = 0

  constructor(salt: KeyObject | Uint8Array) {
    this.#hmac = createHmac("sha256", salt)
  }

  add(piece: Buffer): void {
    this.#hmac.update(piece)
    this.#bytes += piece.length
  }

  end(): Digested {
    return { bytes: this.#bytes, digest: this.#hmac.digest("base64url") }
  }
}
