import assert from "node:assert/strict"
import { test, type TestContext } from "node:test"
import type { Offer } from "../../../src/domain/catalog.ts"
import { isHeldBack } from "../../../src/domain/pins/held-back.ts"
import { offer, offered, tool } from "../../call/fixtures.ts"

type Lists = { readonly resources?: readonly string[]; readonly templates?: readonly string[] }

/** A service of which some is approved and some is not. */
function serviceOf(approved: Lists, held: Lists): Offer {
  const items = {
    resources: (approved.resources ?? []).map((uri) => offered(uri, { uri })),
    templates: (approved.templates ?? []).map((uriTemplate) => offered(uriTemplate, { uriTemplate })),
  }
  const named = (uris: readonly string[] = []): readonly string[] => uris.map((uri) => `s/${uri}`)
  const all = { tools: [], prompts: [], resources: named(held.resources), templates: named(held.templates) }
  return { ...offer("s", items), held: all }
}

function readable(service: Offer, uris: readonly string[]): readonly string[] {
  return uris.filter((uri) => !isHeldBack(service, "resources", `s/${uri}`))
}

function tell(t: TestContext, figures: object): void {
  t.diagnostic(JSON.stringify({ id: "POI-09", ...figures }))
}

test("POI-09 what is held back is not reached by a template that is, unless something approved fits it too", () => {
  const held = { tools: ["s__t"], prompts: [], resources: ["s/a://one"], templates: ["s/a://{x}", "s/b://{x}"] }
  const items = { resources: [offered("a://two", {})], templates: [offered("b://{y}", {})] }
  const service = { ...offer("s", items), held }
  const isHeld = (name: string): boolean => isHeldBack(service, "resources", name)
  assert.deepEqual(["s/a://one", "s/a://three", "s/a://{x}"].map(isHeld), [true, true, true])
  assert.deepEqual(["s/a://two", "s/b://one", "s/c://one"].map(isHeld), [false, false, false])
  assert.deepEqual(
    [
      isHeldBack(service, "tools", "s__t"),
      isHeldBack(service, "prompts", "s__t"),
      isHeldBack(undefined, "tools", "t"),
    ],
    [true, false, false],
  )
})

/** Held resource -> other spellings of it, each of which an approved template would serve. */
const spellings: Readonly<Record<string, readonly string[]>> = {
  "file:///x": [
    "file:///x?",
    "file:///x#",
    "file:///x#part",
    "file:///x?a=1",
    "file:///x?#",
    "file:///%78",
    "file:///%2578",
    "file:///x%3F",
    "file:///x%23",
    "file:////x",
    "file:/x",
    "file:x",
    "file:///./x",
    "file:///a/../x",
    "file:///a/%2e%2e/x",
    "file:///x/",
    "file:///x/.",
    "file:///X",
    "FILE:///x",
    "File:///%58",
    "file://localhost/x",
    "file:///\\x",
    "file:///\tx",
    " file:///x ",
    "file:///ｘ",
    "file:///x\u200d",
    "file://host/x",
    "file://host/../x",
    "file://127.0.0.1/%2e%2e/x",
  ],
  "https://example.com/a/b": [
    "HTTPS://example.com/a/b",
    "https://EXAMPLE.com/a/b",
    "https://example.com:443/a/b",
    "https://example.com:/a/b",
    "https://example.com./a/b",
    "https://example.com.:443/a/b",
    "https://ann@example.com/a/b",
    "https://example%2ecom/a/b",
    "https://example。com/a/b",
    "https:/example.com/a/b",
    "https://example.com/a//b",
    "https://example.com/a/./b",
    "https://example.com/%61/b",
    "https://example.com/a%2fb",
    "https://example.com\\a\\b",
    "https://example.com/a/b?",
    "https://example.com/a/b#top",
    "https://example.com/%252e%252e/a/b",
    "https://example.com/..%252fa/b",
  ],
  "notes://private": [
    "notes://x/../private",
    "notes://x/%2e%2e/private",
    "notes://x/..%2Fprivate",
    "notes://../private",
  ],
  "note://host/Größe": [
    "note://host/Gr%C3%B6%C3%9Fe",
    "note://host/Gro\u0308ße",
    "NOTE://HOST./größe",
    "note://host/GRÖSSE",
    "note://host:/Größe",
  ],
  "list://items?id=1": [
    "list://items?id=1&",
    "list://items?id=1&x=2",
    "list://items?x=2&id=1",
    "list://items?id=%31",
    "list://items/?id=1",
    "list://items?id=1#a",
  ],
  "list://all?q=a%20b&full": ["list://all?q=a+b&full=", "list://all?full&q=a b"],
}

test("POI-09 a resource that is held back is so in every spelling of its URI, whatever template is approved", (t) => {
  let tried = 0
  for (const [uri, others] of Object.entries(spellings)) {
    const wide = serviceOf({ templates: ["{+any}"], resources: ["other://one"] }, { resources: [uri] })
    const unlisted = serviceOf({ resources: ["other://one"] }, { resources: [uri] })
    for (const service of [wide, unlisted]) assert.deepEqual(readable(service, [uri, ...others]), [], uri)
    tried += 2 * others.length
  }
  tell(t, { spellings: tried, served: 0 })
})

test("POI-09 others are read on, and so is what is approved under its very URI", () => {
  const service = serviceOf(
    { resources: ["file:///x?", "note://Today"], templates: ["file:///{+path}"] },
    { resources: ["file:///x", "note://today", "list://items?id=1"] },
  )
  const others = [
    "file:///x?",
    "note://Today",
    "file:///xy",
    "file:///y/x",
    "file:///y?x",
    "list://items?id=2",
    "list://items",
  ]
  assert.deepEqual(readable(service, others), others)
})

/** Held template -> what it could serve. */
const expansions: Readonly<Record<string, readonly string[]>> = {
  "files://{+path}": ["files://a", "files://a/b/c", "FILES://a/b", "files:///a", "files://a?b#c", "files:a/b"],
  "files://root{/path*}": [
    "files://root",
    "files://root/",
    "files://root/a",
    "files://root/a/b/c",
    "files://ROOT/a",
  ],
  "files://one/{name}": ["files://one/a", "files://one/a/b", "files://one/", "files://one", "files://one/a?b=1", "files://one//a", "files://%6fne/a"], // oxfmt-ignore
  "search://all{?q,page}": [
    "search://all",
    "search://all?",
    "search://all?q=1",
    "search://all?page=2&q=1",
    "SEARCH://all?x",
  ],
  "search://all?fixed=1{&q}": ["search://all?fixed=1", "search://all?q=2&fixed=1", "search://all?fixed=1&q=2"],
  "pages://one{#part}": ["pages://one", "pages://one#a", "pages://one/"],
  "types://file{.type}": ["types://file", "types://file.txt", "types://file.tar.gz"],
  "rows://t{;id,v}": ["rows://t", "rows://t;id=1;v=2", "rows://t;v"],
  "db://{user}@{host}:{port}/{table}": ["db://a@h:1/t", "db://a@h/t", "db://h/t", "db://h:1/t/u"],
  "{scheme}://host/x": ["a://host/x", "b://HOST/x?y"],
  "{+uri}": ["a://b", "urn:x:y", "anything"],
}

test("POI-09 whatever a template that is held back could serve is held back", (t) => {
  let tried = 0
  for (const [template, uris] of Object.entries(expansions)) {
    const service = serviceOf({ resources: ["other://one"] }, { templates: [template] })
    assert.deepEqual(readable(service, uris), [], template)
    tried += uris.length
  }
  tell(t, { expansions: tried, served: 0 })
})

test("POI-09 what an approved template serves under a held one is read on, but not what goes beyond it", () => {
  const service = serviceOf(
    { resources: ["files://a.txt"], templates: ["files://one/{name}", "search://all{?q}"] },
    { templates: ["files://{+path}", "files://one/{name}?raw=1", "search://{+any}"] },
  )
  const approved = ["files://a.txt", "files://one/a", "search://all?q=1", "other://x"]
  assert.deepEqual(readable(service, approved), approved)
  assert.deepEqual(
    readable(service, [
      "files://A.txt",
      "files://a.txt?",
      "files://one/a/b",
      "files://one/a?raw=1",
      "files://one/a#b",
      "files://two",
      "search://some?q=1",
    ]),
    [],
  )
})

test("POI-09 no approved template serves what climbs out of it into a held one", () => {
  const service = serviceOf({ templates: ["n://open/{id}"] }, { templates: ["n://held/{id}"] })
  assert.deepEqual(readable(service, ["n://open/1", "n://open/..1"]), ["n://open/1", "n://open/..1"])
  const climbing = ["..%2Fheld%2F1", "%2e%2e%2fheld%2f1", "..%255Cheld%255C1", "..%2F..%2Fheld%2F1"]
  assert.deepEqual(readable(service, climbing.map((path) => `n://open/${path}`)), []) // oxfmt-ignore
})

test("POI-09 where nothing that can be read is approved, nothing is read, and where nothing at all is, nothing at all", () => {
  const [resources, unlisted] = [serviceOf({}, { resources: ["a://one"] }), ["b://two", "urn:x"]]
  assert.deepEqual(readable(resources, unlisted), [])
  const held = { tools: ["s__t"], prompts: [], resources: [], templates: [] }
  assert.deepEqual(readable({ ...offer("s", {}), held }, unlisted), [])
  assert.deepEqual(readable({ ...offer("s", { tools: [tool("u")] }), held }, unlisted), unlisted)
})

test("many held definitions and a long URI cost one look each", () => {
  const many = Array.from({ length: 20_000 }, (_, at) => `many://${at}`)
  const templates = [`x://${"a{b}".repeat(1_000)}c`]
  const service = serviceOf({ resources: ["other://one"] }, { resources: many, templates })
  const beganMs = performance.now()
  for (let at = 0; at < 2_000; at++) assert.equal(readable(service, [`other://${at}`]).length, 1)
  assert.equal(readable(service, [`x://${"a".repeat(200_000)}`]).length, 1)
  assert.ok(performance.now() - beganMs < 20_000)
})
