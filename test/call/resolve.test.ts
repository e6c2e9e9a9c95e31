import assert from "node:assert/strict"
import { test } from "node:test"
import { authorize } from "../../src/call/authorize.ts"
import { resolve } from "../../src/call/resolve.ts"
import { viewOf } from "../../src/call/view.ts"
import { compileCatalog } from "../../src/domain/catalog.ts"
import type { ActivePrincipal } from "../../src/domain/principal.ts"
import { GatewayError } from "../../src/errors.ts"
import { admin, callOf, known, nobody, offer, offered, principal, tool } from "./fixtures.ts"

function reach(who: ActivePrincipal, method: string, params: object, mount?: string): string {
  try {
    const call = callOf(method, params, mount === undefined ? {} : { mount })
    const target = resolve(known, who, call)
    authorize(known, who, target, { request: call })
    return target.kind === "operation" ? target.tool.name : target.entry.canonicalName
  } catch (thrown) {
    const error = GatewayError.from(thrown)
    return `${error.code}: ${error.message}`
  }
}

test("each request finds what it names", () => {
  assert.equal(reach(admin, "tools/call", { name: "files__read" }), "files__read")
  assert.equal(reach(admin, "tools/call", { name: "read" }, "files"), "files__read")
  assert.equal(reach(admin, "tools/call", { name: "list_services" }), "list_services")
  assert.equal(reach(admin, "prompts/get", { name: "files__summary" }), "files__summary")
  assert.equal(reach(admin, "resources/read", { uri: "mcp://notes/note://1" }), "notes/note://1")
  assert.equal(reach(admin, "resources/read", { uri: "note://1" }), "notes/note://1")
  assert.equal(
    reach(admin, "completion/complete", { ref: { type: "ref/prompt", name: "files__summary" } }),
    "files__summary",
  )
  assert.equal(
    reach(admin, "completion/complete", { ref: { type: "ref/resource", uri: "mcp://files/file:///{name}" } }),
    "files/file:///{name}",
  )
})

test("operations are not reached through the endpoint of one service", () => {
  assert.equal(
    reach(admin, "tools/call", { name: "list_services" }, "files"),
    "not_found: Unknown tool: list_services",
  )
})

test("AUTHZ-10 the forbidden and the unknown are told apart by nobody", () => {
  for (const [method, params] of [
    ["tools/call", { name: "files__read" }],
    ["tools/call", { name: "list_services" }],
    ["prompts/get", { name: "files__summary" }],
  ] as const) {
    assert.equal(
      reach(nobody, method, params),
      reach(nobody, method, params).replace(
        /: .*/,
        `: Unknown ${method === "tools/call" ? "tool" : "prompt"}: ${params.name}`,
      ),
    )
    assert.match(reach(nobody, method, params), /^not_found/)
  }
  assert.equal(reach(nobody, "resources/read", { uri: "note://1" }), "not_found: Unknown resource: note://1")
  assert.equal(reach(nobody, "resources/read", { uri: "none://1" }), "not_found: Unknown resource: none://1")
})

test("a URI that two services list is refused for who may read both, and found for who may read one", () => {
  assert.match(reach(admin, "resources/read", { uri: "file:///a.txt" }), /^invalid: .*files and notes/)
  const reader = principal("reader", { resources: { allow: ["notes/*"] } })
  assert.equal(reach(reader, "resources/read", { uri: "file:///a.txt" }), "notes/file:///a.txt")
})

test("AUTHZ-05 a pattern over URIs cannot be left by dots, encodings or backslashes", () => {
  const reader = principal("reader", { resources: { allow: ["files/file:///home/*"] } })
  const at = (uri: string): string => reach(reader, "resources/read", { uri: `mcp://files/${uri}` })
  assert.equal(at("file:///home/a.txt"), "files/file:///home/a.txt")
  for (const uri of [
    "file:///home/../etc",
    "file:///home/%2e%2e/etc",
    "file:///home/.%2E/etc",
    "file:///home/..\\etc",
    "file:///home/..%2fetc",
    "file:///home/%252e%252e/etc",
    "file:///home/x%00",
    "file:///home/.\t./etc",
    "file:///home/.\n./etc",
    "file:///home/%2\te./etc",
    "file:///home/.%\r2e/etc",
  ]) {
    assert.match(at(uri), /^not_found/, uri)
  }
})

test("AUTHZ-05 what is denied is so in every spelling that a service may read it by", () => {
  const reader = principal("reader", { resources: { allow: ["files/*"], deny: ["files/file:///etc/*"] } })
  const at = (uri: string): string => reach(reader, "resources/read", { uri: `mcp://files/${uri}` })
  assert.equal(at("file:///home/a.txt"), "files/file:///home/a.txt")
  for (const uri of [
    "file:///etc/passwd",
    "file:///%65tc/passwd",
    "FILE:///etc/passwd",
    "file://localhost/etc/passwd",
    "file:////etc/passwd",
    "file:/etc/passwd",
  ])
    assert.match(at(uri), /^not_found/, uri)
})

test("a missing or wrong member is named", () => {
  assert.equal(reach(admin, "tools/call", {}), "invalid: params.name must be a string.")
  assert.equal(reach(admin, "resources/read", { uri: 7 }), "invalid: params.uri must be a string.")
  assert.match(reach(admin, "completion/complete", { ref: [] }), /^invalid: params.ref/)
})

test("POI-17 no service takes the name of an operation or the gateway's own scheme, also from who may not use them", () => {
  const state = { uri: "gateway://health", name: "health" }
  const bold = offer(
    "bold",
    { tools: [tool("list_services"), tool("fine")], resources: [offered("gateway://health", state)] },
    { prefix: false },
  )
  const snapshot = { ...known, catalog: compileCatalog([bold]) }
  const user = principal("user", { tools: { allow: ["*"] }, resources: { allow: ["*"] } })
  const listed = (kind: "tools" | "resources") =>
    viewOf(snapshot, user, { mount: undefined, kind, from: {} }).items.map(({ name }) => name)
  assert.deepEqual(listed("tools"), ["fine"])
  assert.throws(() => {
    const asked = callOf("tools/call", { name: "list_services" })
    authorize(snapshot, user, resolve(snapshot, user, asked), { request: asked })
  }, /^GatewayError: Unknown tool/)
  assert.deepEqual(listed("resources"), ["mcp://bold/gateway://health"])
  const read = (uri: string) => resolve(snapshot, user, callOf("resources/read", { uri }))
  assert.throws(() => read("gateway://health"), /Unknown resource/)
  assert.throws(() => read("GATEWAY://health"), /Unknown resource/)
  assert.equal(read("mcp://bold/gateway://health").kind, "resource")
})
