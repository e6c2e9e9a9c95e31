import assert from "node:assert/strict"
import { test } from "node:test"
import { resolvePlaceholders, type PlaceholderLookup } from "../../../src/domain/secrets/placeholder.ts"

const values = new Map([
  ["env:HOST", "example.org"],
  ["secret:token", "${env:HOST} $& $1"],
  ["env:EMPTY", ""],
])
const lookup: PlaceholderLookup = (source, name) => values.get(`${source}:${name}`)

test("placeholders give way to their values", () => {
  assert.equal(
    resolvePlaceholders("https://${env:HOST}/${env:HOST}${env:EMPTY}?", lookup),
    "https://example.org/example.org?",
  )
})

test("a value is taken as it is, placeholders and replacement patterns included", () => {
  assert.equal(resolvePlaceholders("Bearer ${secret:token}", lookup), "Bearer ${env:HOST} $& $1")
})

test("what is no placeholder of ours stays", () => {
  assert.equal(
    resolvePlaceholders("${HOME} $env:HOST {env:HOST} ${env:HOST", lookup),
    "${HOME} $env:HOST {env:HOST} ${env:HOST",
  )
})

test("a missing variable or secret is named, and what to do is said", () => {
  assert.throws(() => resolvePlaceholders("a ${env:GONE} b", lookup), {
    code: "invalid",
    message: /^The environment variable GONE is not set; set it/,
  })
  assert.throws(() => resolvePlaceholders("a ${secret:gone} b", lookup), {
    code: "invalid",
    message: /^The secret gone is not set; store it/,
  })
  assert.throws(() => resolvePlaceholders("${env:}", lookup), { code: "invalid" })
  assert.throws(() => resolvePlaceholders("${env:../x}", lookup), { code: "invalid" })
})
