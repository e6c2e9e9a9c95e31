import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { matchesTemplate, ownUri, sharedName, sharedUri } from "../../src/domain/naming.ts"

const serviceName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{0,40}$/)

test("a short name keeps its letters, a long or unusual one is cut and marked", () => {
  assert.equal(sharedName("files", "read"), "files__read")
  assert.match(sharedName("files", "a.b/c"), /^files__a_b_c_[0-9a-f]{8}$/)
  assert.match(sharedName("files", "x".repeat(80)), /^files__x+_[0-9a-f]{8}$/)
})

test("every shared name is one that model APIs accept, and no two are alike", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(serviceName, fc.string({ minLength: 1, maxLength: 128 })), {
        selector: ([s, n]) => `${s}__${n}`,
        maxLength: 50,
      }),
      (pairs) => {
        const names = pairs.map(([service, name]) => sharedName(service, name))
        assert.ok(names.every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name)))
        assert.equal(new Set(names).size, names.length)
      },
    ),
  )
})

test("a shared URI leads back to its service and its own form", () => {
  fc.assert(
    fc.property(serviceName, fc.webUrl({ withFragments: true, withQueryParameters: true }), (service, uri) => {
      assert.deepEqual(ownUri(sharedUri(service, uri)), { service, uri })
    }),
  )
  assert.equal(sharedUri("maps", "ui://view/main.html"), "ui://maps/view/main.html")
  assert.deepEqual(ownUri("ui://maps/view/main.html"), { service: "maps", uri: "ui://view/main.html" })
  assert.equal(ownUri("file:///a"), undefined)
})

test("an expansion of a shared template is a shared URI of the expansion", () => {
  assert.equal(sharedUri("s", "demo://item/{id}").replace("{id}", "7"), sharedUri("s", "demo://item/7"))
})

test("templates match their expansions and nothing else", () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ["demo://item/{id}", "demo://item/7", true],
    ["demo://item/{id}", "demo://item/7/8", false],
    ["demo://{+path}", "demo://a/b/c", true],
    ["demo://{a}/x/{b}", "demo://1/x/2", true],
    ["demo://{a}/x/{b}", "demo://1/y/2", false],
    ["demo://item", "demo://item", true],
    ["demo://item", "demo://items", false],
    ["demo://{a}.txt", "demo://one.txt", true],
    ["demo://{a}.txt", "demo://one.text", false],
  ]
  for (const [template, uri, expected] of cases)
    assert.equal(matchesTemplate(template, uri), expected, `${template} ~ ${uri}`)
})

test("a hostile template costs no more than a look along the URI", () => {
  assert.equal(matchesTemplate("x{a}".repeat(1_000), "x".repeat(100_000)), true)
})
