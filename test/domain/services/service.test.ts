import assert from "node:assert/strict"
import { test } from "node:test"
import * as z from "zod"
import { serviceFile } from "../../../src/domain/services/service-file.ts"
import { redactDefinition } from "../../../src/domain/services/service-shown.ts"
import { readServiceFile, type ServiceDefinition } from "../../../src/domain/services/service.ts"

function read(json: unknown, stem = "files"): ServiceDefinition {
  const [definition, ...others] = readServiceFile(stem, json)
  assert.ok(definition)
  assert.equal(others.length, 0)
  return definition
}

function refuses(json: unknown, message: RegExp, stem = "files"): void {
  assert.throws(() => readServiceFile(stem, json), { name: "GatewayError", code: "invalid", message })
}

test("a program needs no more than its command", () => {
  assert.deepEqual(read({ command: "npx" }), {
    name: "files",
    title: undefined,
    description: undefined,
    tags: [],
    enabled: true,
    owner: undefined,
    region: undefined,
    isolation: "shared",
    concurrency: 256,
    health: { intervalMs: 30_000, timeoutMs: 5_000 },
    breaker: { failures: 3, failurePercent: 50, calls: 20, windowMs: 30_000, waitMs: 1_000, maxWaitMs: 60_000 },
    tools: { allow: ["*"], deny: [], rename: {}, describe: {}, cost: {} },
    audit: { payloads: undefined, redact: [] },
    passthrough: [],
    cache: "private",
    trust: "trusted",
    prefix: true,
    pin: "first_use",
    maxTimeMs: 600_000,
    timeoutMs: 60_000,
    type: "stdio",
    command: "npx",
    args: [],
    env: {},
    cwd: undefined,
  })
})

test("the type follows from what else is there, unless it is said", () => {
  const types = [
    { url: "https://example.org/mcp" },
    { url: "https://example.org/sse" },
    { url: "https://example.org/sse?team=a" },
    { url: "wss://example.org/mcp" },
    { url: "unix:///run/mcp.sock:/mcp" },
    { url: "${env:MCP_URL}" },
    { url: "https://example.org/sse", type: "http" },
    { url: "ws://example.org", type: "ws" },
    { url: "https://example.org", transport: "streamable-http" },
    { url: "https://example.org", type: "streamableHttp" },
    { endpoints: [{ url: "wss://a.example" }] },
    { command: "node", type: "stdio" },
  ].map((file) => read(file).type)
  assert.deepEqual(types, [
    "http",
    "sse",
    "sse",
    "websocket",
    "http",
    "http",
    "http",
    "websocket",
    "http",
    "http",
    "websocket",
    "stdio",
  ])
})

test("a url is the first of the endpoints, and unequal weights balance by weight", () => {
  const one = read({ url: "https://a.example/mcp", region: "eu" })
  const two = read({
    endpoints: [{ url: "https://a.example" }, { url: "https://b.example", weight: 3, region: "us" }],
  })
  assert.ok(one.type === "http" && two.type === "http")
  assert.deepEqual(
    [one.endpoints, one.balance],
    [[{ url: "https://a.example/mcp", weight: 1, region: "eu" }], "round_robin"],
  )
  assert.deepEqual(
    two.endpoints.map(({ weight, region }) => [weight, region]),
    [
      [1, undefined],
      [3, "us"],
    ],
  )
  assert.equal(two.balance, "weighted")
})

test("entries of Claude, Cursor and VS Code are read as they are", () => {
  const claude = {
    globalShortcut: "",
    mcpServers: {
      files: { command: "npx", args: ["-y", "x"], env: { A: "1" } },
      web: { type: "http", url: "https://w.example/mcp" },
    },
  }
  const cursor = { mcpServers: { files: { command: "npx", disabled: true, autoApprove: ["read"], timeout: 60 } } }
  const code = { inputs: [], servers: { files: { type: "stdio", command: "node", env: { PORT: 3000 }, dev: {} } } }
  assert.deepEqual(
    readServiceFile("claude", claude).map(({ name, type }) => [name, type]),
    [
      ["files", "stdio"],
      ["web", "http"],
    ],
  )
  assert.equal(read(cursor).enabled, false)
  const [service] = readServiceFile("mcp", code)
  assert.ok(service?.type === "stdio")
  assert.deepEqual(service.env, { PORT: "3000" })
})

test("our own word on being enabled counts before a client's", () => {
  assert.equal(read({ command: "x", disabled: true, enabled: true }).enabled, true)
  assert.equal(read({ command: "x", disabled: false }).enabled, true)
})

test("an entry with a key that is no name may say its name", () => {
  assert.equal(read({ mcpServers: { "My Files": { name: "my-files", command: "x" } } }).name, "my-files")
  refuses({ mcpServers: { "My Files": { command: "x" } } }, /"My Files" needs a proper name: .*field "name"/)
  refuses({ mcpServers: { a: { name: "b", command: "x" }, b: { command: "y" } } }, /b is there twice/)
})

test("a name parts from a tool's in one place only and goes into a file name", () => {
  const good = ["a", "9", "a-b_c", "A".repeat(48), "constructor"]
  assert.deepEqual(
    good.map((name) => read({ command: "x" }, name).name),
    good,
  )
  for (const name of [
    "",
    "_a",
    "-a",
    "a__b",
    "a_",
    "a.b",
    "a b",
    "../x",
    "a/b",
    "é",
    "__proto__",
    "A".repeat(49),
    "a\n",
  ]) {
    refuses({ command: "x" }, /proper name/, name)
  }
})

test("an unknown field is refused with the nearest known one", () => {
  refuses({ comand: "x" }, /Unknown field "comand"; did you mean "command"\?/)
  refuses(
    { command: "x", health: { interval: 1_000 } },
    /Unknown field "interval" in "health"; did you mean "intervalMs"\?/,
  )
  refuses(
    { endpoints: [{ url: "http://x.example", wieght: 1 }] },
    /"wieght" in "endpoints.0"; did you mean "weight"\?/,
  )
  refuses({ command: "x", visibility: "private" }, /"visibility"/)
  refuses(JSON.parse('{"command":"x","__proto__":{"enabled":false}}'), /Unknown field "__proto__"/)
})

test("a wrong value is refused with its field and never repeated", () => {
  refuses({ command: "x", args: "-y" }, /Field "args": expected array, received string/)
  refuses({ command: "x", env: { TOKEN: { value: "hush" } } }, /^(?!.*hush).*Field "env.TOKEN"/)
  refuses({ command: "x", env: { "1A": "hush" } }, /^(?!.*hush).*Field "env.1A": use letters/)
  refuses({ command: "x", concurrency: 0 }, /Field "concurrency"/)
  refuses({ command: "x", timeoutMs: 2_000, maxTimeMs: 1_000 }, /"timeoutMs" is more than "maxTimeMs"/)
  refuses({ command: "a\0b" }, /Field "command": may not hold a NUL/)
  refuses({ command: "x", type: "carrier-pigeon" }, /Field "type"/)
  for (const json of [null, [], "x", 1]) refuses(json, /JSON object/)
  refuses({ mcpServers: [] }, /"mcpServers" must be an object/)
  refuses({ mcpServers: { a: null } }, /"a" must be a JSON object/)
})

test("a service is reached in one way", () => {
  refuses({}, /"command" for a program, "url" or "endpoints"/)
  refuses({ command: "x", url: "https://a.example" }, /"url" has no meaning for type stdio/)
  refuses({ url: "https://a.example", env: { A: "1" } }, /"env" has no meaning for type http/)
  refuses({ url: "https://a.example", endpoints: [{ url: "https://b.example" }] }, /not both/)
  refuses({ endpoints: [] }, /Field "endpoints"/)
  refuses({ endpoints: [{ url: "https://a.example", weight: 0 }] }, /weight 0/)
  refuses({ type: "http" }, /needs the field "url"|how to reach/)
  refuses({ type: "websocket", url: "https://a.example" }, /does not fit type websocket/)
  assert.equal(read({ url: "https://a.example", args: [], env: {} }).type, "http")
})

test("an address of another kind is refused", () => {
  for (const url of [
    "file:///etc/passwd",
    "javascript:x",
    "ftp://a.example",
    "a.example",
    "http://",
    "unix://a.sock",
    "",
  ]) {
    refuses({ url }, /Field "url"/)
  }
})

test("headers that would forge the wire are refused", () => {
  for (const name of ["Host", "content-length", "Transfer-Encoding", "Mcp-Session-Id", "a b", "X:Y", ""]) {
    refuses({ url: "https://a.example", headers: { [name]: "v" } }, /Field "headers/)
  }
  for (const value of ["a\r\nX: y", "a\nb", "\0"])
    refuses({ url: "https://a.example", headers: { A: value } }, /Field "headers.A"/)
})

test("a placeholder that only a client could fill in is refused where it would be sent as it stands", () => {
  refuses({ command: "x", args: ["${input:key}"] }, /VS Code only; use \$\{env:NAME\}/)
  refuses({ command: "x", env: { A: "${A:-hush}" } }, /^(?!.*hush).*use \$\{env:NAME\}/)
  refuses({ command: "x", cwd: "${workspaceFolder}" }, /Field "cwd"/)
  const shell = read({ command: "sh", args: ["-c", "echo ${HOME}"], env: { A: "${env:A}${secret:b}" } })
  assert.ok(shell.type === "stdio")
  assert.deepEqual([shell.args[1], shell.env], ["echo ${HOME}", { A: "${env:A}${secret:b}" }])
})

test("patterns know no wildcard but the star, and tools get names of their own", () => {
  assert.deepEqual(read({ command: "x", tools: { allow: ["read_*"], deny: ["*.x"] } }).tools.allow, ["read_*"])
  for (const pattern of ["a?", "[ab]", "{a,b}", "!a", ""])
    refuses({ command: "x", tools: { deny: [pattern] } }, /Field "tools.deny.0"/)
  refuses({ command: "x", tools: { rename: { a: "c", b: "c" } } }, /same name/)
  refuses({ command: "x", tools: { rename: { a: "c d" } } }, /Field "tools.rename.a"/)
})

test("the fields can be told to agents as JSON Schema", () => {
  const { properties, additionalProperties } = z.toJSONSchema(serviceFile, { io: "input" })
  assert.ok(properties?.["command"])
  assert.equal(additionalProperties, false)
})

test("what is shown of a program keeps names and placeholders and hides values", () => {
  const args = [
    "-y",
    "pkg@1",
    "--api-key",
    "k-1",
    "--token=t-1",
    "API_SECRET=s-1",
    "postgres://ann:pw@db.example/x",
    "sk-123",
    "--auth",
    "${secret:a}",
    "--env=API_KEY=s-2",
    "-H",
    "Authorization: Bearer s-3",
    "Authorization: Bearer ${secret:b}",
    '{"url":"a","apiKey": "s-4","b":1}',
    "https:////ann:s-5@a.example/",
    "registry.example/auth-server:1.2",
  ]
  const shown = redactDefinition(
    read({ command: "npx", args, env: { A: "v-1", B: "${env:B}", C: "Bearer ${secret:c}" } }),
  )
  assert.ok(shown.type === "stdio")
  assert.deepEqual(shown.args, [
    "-y",
    "pkg@1",
    "--api-key",
    "***",
    "--token=***",
    "API_SECRET=***",
    "postgres://***@db.example/x",
    "***",
    "--auth",
    "${secret:a}",
    "--env=API_KEY=***",
    "-H",
    "***",
    "Authorization: ***${secret:b}",
    '{"url":"a","apiKey":***',
    "https:////***@a.example/",
    "registry.example/auth-server:1.2",
  ])
  assert.deepEqual(shown.env, { A: "***", B: "${env:B}", C: "***${secret:c}" })
})

test("what is shown of an address has no credentials", () => {
  const shown = redactDefinition(
    read({ url: "https://ann:pw@a.example/mcp?key=k-1#f", headers: { Authorization: "Bearer t" } }),
  )
  assert.ok(shown.type === "http")
  assert.deepEqual(shown.endpoints[0]?.url, "https://***@a.example/mcp?***")
  assert.deepEqual(shown.headers, { Authorization: "***" })
  const odd = redactDefinition(read({ url: "https:////ann:pw@a.example/mcp" }))
  assert.ok(odd.type === "http")
  assert.equal(odd.endpoints[0]?.url, "https:////***@a.example/mcp")
})
