import assert from "node:assert/strict"
import { test } from "node:test"
import { SecretMask } from "../../../src/domain/secrets/secret-mask.ts"
import { MaskedLarge } from "../../../src/fleet/links/masked-large.ts"

const secret = "the-secret-of-the-service"
const mask = new SecretMask()
mask.add(secret)

/** What comes out of a member whose bytes come in pieces of this size. */
function passed(json: string, size: number): string {
  const out: Buffer[] = []
  const to = {
    begin: (): void => void out.push(Buffer.from(">")),
    write: (piece: Buffer): boolean => out.push(Buffer.from(piece)) > 0,
    whenDrained: (): void => {},
  }
  const masked = new MaskedLarge(to, mask)
  masked.begin("content")
  const bytes = Buffer.from(json)
  for (let at = 0; at < bytes.length; at += size) masked.write(bytes.subarray(at, at + size))
  masked.end()
  return Buffer.concat(out).toString()
}

test("a secret is taken out of a large member wherever the pieces were cut", () => {
  const words = Array.from({ length: 200 }, (_, index) => (index % 7 === 0 ? secret : `word ${index}\n`))
  const json = JSON.stringify(words)
  for (const size of [1, 2, 7, 24, 25, 26, 300, 100_000])
    assert.equal(passed(json, size), `>${json.replaceAll(secret, "***")}`)
})
