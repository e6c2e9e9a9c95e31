/**
 * How an entry becomes what is hashed. The hash is at once the link that the next entry carries and the leaf of the
 * Merkle tree (merkle.ts), so that one SHA-256 per entry serves both.
 *
 * @see RFC 8785 for the canonical form, RFC 6962 section 2.1 for the hash of a leaf
 */

import { hash } from "node:crypto"
import canonicalize from "canonicalize"
import { GatewayError } from "../../errors.ts"
import type { Entry } from "./entry.ts"

/** @throws GatewayError `internal` for a number that is not finite or a text that is not well-formed */
export function bodyOf(entry: Entry): string {
  try {
    return canonicalize(entry) ?? ""
  } catch (cause) {
    throw new GatewayError("internal", "An audit entry has no canonical form; the gateway's log has the cause.", {
      cause,
    })
  }
}

/** 32 bytes: SHA-256 of a zero byte and the body as UTF-8. */
export function hashOf(body: string): Buffer {
  return hash("sha256", `\0${body}`, "buffer")
}

/** Base64url, as it stands in `previous`. */
export function toText(hash: Buffer): string {
  return hash.toString("base64url")
}
