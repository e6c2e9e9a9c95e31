import assert from "node:assert/strict"
import { test } from "node:test"
import { compileCatalog, findUri } from "../../src/domain/catalog.ts"
import { toRaw } from "../../src/mcp/raw-json.ts"
import { known, offer, offered, tool } from "../call/fixtures.ts"

function names(entries: readonly { readonly listed: { readonly name: string } }[]): string[] {
  return entries.map(({ listed }) => listed.name)
}

test("the list of all carries the services' names, a service's own does not, both in order", () => {
  assert.deepEqual(names(known.catalog.all.entries.tools), ["files__read", "files__write", "notes__read"])
  assert.deepEqual(names(known.catalog.mounted.get("files")?.entries.tools ?? []), ["read", "write"])
  assert.deepEqual(names(known.catalog.all.entries.templates), ["mcp://files/file:///{name}"])
})

test("a listed item is the bytes of its definition with the name replaced", () => {
  const definition = new Map([
    ["x", Buffer.from("12345678901234567890")],
    ["name", toRaw("t")],
    ["_meta", Buffer.from('{ "k" : 1.0 }')],
  ])
  const { all, mounted } = compileCatalog([offer("s", { tools: [{ name: "t", shownName: "t", definition }] })])
  assert.equal(
    all.entries.tools[0]?.listed.modern.toString(),
    '{"x":12345678901234567890,"name":"s__t","_meta":{ "k" : 1.0 }}',
  )
  assert.equal(
    mounted.get("s")?.entries.tools[0]?.listed.modern.toString(),
    '{"x":12345678901234567890,"name":"t","_meta":{ "k" : 1.0 }}',
  )
})

test("legacy clients are shown the output schema made for them", () => {
  const item = offered(
    "t",
    { name: "t", outputSchema: { type: "array" } },
    { legacyOutputSchema: toRaw({ type: "object" }) },
  )
  const listed = compileCatalog([offer("s", { tools: [item] })]).all.entries.tools[0]?.listed
  assert.match(listed?.modern.toString() ?? "", /"array"/)
  assert.match(listed?.legacy.toString() ?? "", /"outputSchema":\{"type":"object"\}/)
})

test("the page of an app is named as the list of resources names it", () => {
  const item = offered("t", {
    name: "t",
    _meta: { ui: { resourceUri: "ui://view" }, "ui/resourceUri": "ui://view" },
  })
  const listed =
    compileCatalog([offer("s", { tools: [item] })]).all.entries.tools[0]?.listed.modern.toString() ?? ""
  assert.match(listed, /"resourceUri":"ui:\/\/s\/view"/)
  assert.match(listed, /"ui\/resourceUri":"ui:\/\/s\/view"/)
})

test("a service without prefix takes no name from one with", () => {
  const { all } = compileCatalog([
    offer("a", { tools: [tool("files__read"), tool("t")] }, { prefix: false }),
    offer("files", { tools: [tool("read")] }),
  ])
  assert.deepEqual(
    all.entries.tools.map(({ listed, service }) => `${listed.name} of ${service}`),
    ["files__read of files", "t of a"],
  )
})

test("of two services without prefix that offer one name, the first keeps it", () => {
  const { all } = compileCatalog([
    offer("b", { tools: [tool("t")] }, { prefix: false }),
    offer("a", { tools: [tool("t")] }, { prefix: false }),
  ])
  assert.equal(all.byName.tools.get("t")?.service, "a")
  assert.equal(all.entries.tools.length, 1)
})

test("a URI means whoever it names, lists it, has a template for it, or lists its scheme", () => {
  const services = (uri: string): string[] => findUri(known.catalog, undefined, uri).map(({ service }) => service)
  assert.deepEqual(services("mcp://notes/file:///a.txt"), ["notes"])
  assert.deepEqual(services("file:///a.txt"), ["files", "notes"])
  assert.deepEqual(services("file:///b.txt"), ["files"])
  assert.deepEqual(services("note://2"), ["notes"])
  assert.deepEqual(services("other://2"), [])
  assert.deepEqual(findUri(known.catalog, "notes", "x://y"), [{ service: "notes", uri: "x://y" }])
})

test("the page of an app is found by its own URI, also where that begins like the name of a service", () => {
  const page = (uri: string) => offered(uri, { uri, name: "page" })
  const { offers, ...catalog } = compileCatalog([
    offer("weather", { resources: [page("ui://weather/app.html"), page("ui://other.html")] }),
    offer("maps", { resources: [page("ui://maps/app.html")] }),
  ])
  const find = (uri: string) => findUri({ ...catalog, offers }, undefined, uri)
  assert.deepEqual(find("ui://weather/app.html"), [{ service: "weather", uri: "ui://weather/app.html" }])
  assert.deepEqual(find("ui://weather/weather/app.html"), [{ service: "weather", uri: "ui://weather/app.html" }])
  assert.deepEqual(find("ui://weather/other.html"), [{ service: "weather", uri: "ui://other.html" }])
  assert.deepEqual(find("ui://maps/unlisted.html"), [{ service: "maps", uri: "ui://unlisted.html" }])
})

test("how a tool can be run is told to those who can make use of it", () => {
  const execution = { taskSupport: "optional" }
  const item = offered("t", { name: "t", execution }, { taskSupport: "optional" })
  const capabilities = { tasks: { requests: { tools: { call: {} } } } }
  const shown = (extra: Parameters<typeof offer>[2]): readonly boolean[] => {
    const listed = compileCatalog([offer("s", { tools: [item] }, extra)]).all.entries.tools[0]?.listed
    return [listed?.legacy, listed?.modern].map((raw) => raw?.includes("execution") === true)
  }
  assert.deepEqual(shown({ era: "legacy", capabilities }), [true, false])
  assert.deepEqual(shown({ era: "legacy" }), [false, false])
  assert.deepEqual(shown({ era: "modern", capabilities }), [false, false])
})
