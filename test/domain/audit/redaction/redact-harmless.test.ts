import assert from "node:assert/strict"
import { createHash, randomUUID } from "node:crypto"
import { test } from "node:test"
import fc from "fast-check"
import { redact } from "../../../../src/domain/audit/redaction/redact.ts"

const rule = { maxBytes: 1_000_000, keys: [] }

const sentences = [
  "The bearer of this letter is a friend of the basic income movement.",
  "Bearer authentication is required; see Basic authentication for more.",
  "Enter your password: it must have at least 8 characters.",
  "The token: a word of the text that a model reads. It counted 512 tokens.",
  "max_tokens=512&page=3&sort=date:desc",
  "The key to success is practice; the session begins at 10:30 on 2024-05-06T10:30:00.000Z.",
  "She is the secretary of the sketchbook society, and authorized to sign.",
  "A risk-assessment-committee-meeting-2024 and a task-force-for-something-long.",
  "See https://example.com:8443/a/b?c=d&e=f#g, http://[::1]:80/x and mailto:ann@example.com.",
  "git@github.com:owner/name.git, ssh://git@example.com/owner/name.git",
  "postgres://db.example:5432/main?sslmode=require and redis://localhost:6379/0",
  "src/domain/audit/redact-canaries.ts:12:34 in /usr/local/lib/node_modules/typescript/lib",
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= is the digest of nothing",
  "const token = getToken(); const password = readPassword(prompt)",
  "type Credentials = { password: string; token?: string }",
  "100%25 of it, 50% off, a%20b%2Fc and %zz",
  "Cookies are small; the cookie: a biscuit. Set the cookie policy to strict.",
  "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUQ2\n-----END CERTIFICATE-----",
  "v24.21.0 +491701234567 192.168.0.1 fe80::1 00:1B:44:11:3A:B7 978-3-16-148410-0",
  "npm_config_registry, sk-learn, hf_hub, xoxo, eyJust, AKIA, ghp_, glpat-, AIza",
  "Схема обработки данных, 日本語のテキスト, ελληνικά, 🎉🎉🎉",
]

const names = [
  "id",
  "name",
  "hash",
  "digest",
  "commit",
  "path",
  "url",
  "progressToken",
  "max_tokens",
  "author",
  "keyboard",
  "monkey",
  "text",
  "etag",
  "checksum",
  "tokenizer",
  "secretary",
  "token_endpoint",
  "passenger",
  "sessions",
]

const word = fc.constantFrom(
  "the",
  "quick",
  "brown",
  "fox",
  "jumps",
  "over",
  "lazy",
  "dog",
  "internationalization",
  "counter-revolutionary",
  "don't",
  "e.g.",
  "and/or",
  "misunderstanding",
)

const harmless = fc.oneof(
  fc.constantFrom(...sentences),
  fc.array(word, { maxLength: 60 }).map((words) => words.join(" ")),
  fc.nat().map((seed) => createHash("sha256").update(`${seed}`).digest("hex")),
  fc.nat().map((seed) => createHash("sha1").update(`${seed}`).digest("hex")),
  fc.nat().map((seed) => createHash("sha512").update(`${seed}`).digest("base64")),
  fc.nat().map(() => randomUUID()),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc
    .array(fc.constantFrom("src", "domain", "audit", "node_modules", "v1.2.3", "My Documents"), { maxLength: 8 })
    .map((parts) => `/${parts.join("/")}`),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.emailAddress(),
  fc.ipV6(),
  fc.lorem({ maxCount: 40 }),
)

test("a thousand harmless texts are left as they are", () => {
  fc.assert(
    fc.property(fc.constantFrom(...names), harmless, (name, text) => {
      for (const value of [
        { [name]: text },
        [text],
        { a: [{ [name]: `${text}\n${text}` }] },
        { a: JSON.stringify({ [name]: text }) },
      ]) {
        const json = JSON.stringify(value)
        assert.equal(redact(json, rule), json)
      }
    }),
    { numRuns: 1_000 },
  )
})

test("numbers that are counts are left as they are", () => {
  const json = JSON.stringify({
    usage: { tokens: 12, max_tokens: 4096, prompt_tokens: 3 },
    tokenCount: 4,
    expires: 5,
  })
  assert.equal(redact(json, rule), json)
})
