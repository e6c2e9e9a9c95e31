/** Counts how often a nonce of the sealer comes again: never, or AES-GCM gives its key away. */

import { createSealer } from "../../src/identity/sealer.ts"

/** As many characters of base64url hold the 12 bytes that go ahead of each text. */
const nonceChars = 16

export function repeatedNonces(seals: number): number {
  const sealer = createSealer(Buffer.alloc(32, 1))
  const seen = new Set<string>()
  for (let count = 0; count < seals; count += 1) seen.add(sealer.seal("session", 1).slice(0, nonceChars))
  return seals - seen.size
}
