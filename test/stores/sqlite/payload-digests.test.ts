import assert from "node:assert/strict"
import { createHmac, randomBytes } from "node:crypto"
import { test } from "node:test"
import { PayloadDigests } from "../../../src/stores/sqlite/log/payload-digests.ts"

test("the digest of a payload of any size is its HMAC-SHA256 under the salt", () => {
  const salt = randomBytes(32)
  const digests = new PayloadDigests(salt)
  for (const bytes of [4_097, 4_096, 4_095, 65, 64, 63, 1, 0, 200, 100_000, 3]) {
    const payload = randomBytes(bytes)
    const digest = createHmac("sha256", salt).update(payload).digest("base64url")
    assert.deepEqual(digests.of(payload), { bytes, digest })
  }
})
