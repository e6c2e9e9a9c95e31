import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { admins, all, broken, hello, openKit, refusal, wayward, type Kit } from "./operations-kit.ts"

type Outcome = {
  readonly service: { readonly state: string; readonly title?: string }
  readonly tools: readonly { readonly name: string; readonly description?: string; readonly callable: boolean }[]
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly warnings: readonly string[]
}

const helloTools = ["hello__greet", "hello__add", "hello__countdown"]

function fileOf({ folder }: Kit, name: string): string {
  return join(folder, "servers.d", `${name}.json`)
}

function readFile(kit: Kit, name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(fileOf(kit, name), "utf8")) as Record<string, unknown>
}

test("a registered service is a file, and the answer has its tools", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const outcome = (await kit.run(admin, "register_service", {
    name: "hello",
    title: "Hello",
    ...hello,
  })) as Outcome
  assert.equal(outcome.service.state, "up")
  assert.deepEqual(outcome.added, helloTools)
  assert.deepEqual(outcome.tools[0], {
    name: "hello__greet",
    description: "Greets somebody by name",
    callable: true,
  })
  assert.deepEqual(outcome.warnings, [])
  assert.deepEqual(readFile(kit, "hello"), { title: "Hello", ...hello })
})

test("a name that is taken, by a service in any case or by an operation, is refused", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  await kit.run(admin, "register_service", { name: "docs", enabled: false, url: "http://127.0.0.1:9/mcp" })
  const again = { url: "http://127.0.0.1:9/other" }
  await assert.rejects(
    kit.run(admin, "register_service", { name: "docs", ...again }),
    refusal("conflict", /update_service/),
  )
  await assert.rejects(kit.run(admin, "register_service", { name: "Docs", ...again }), refusal("conflict"))
  await assert.rejects(
    kit.run(admin, "register_service", { name: "whoami", ...again }),
    refusal("invalid", /operation/),
  )
})

test("a definition that cannot be is refused with the field that is wrong, and nothing is written", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  await assert.rejects(
    kit.run(admin, "register_service", { name: "a__b", url: "http://127.0.0.1:9" }),
    refusal("invalid", /a__b/),
  )
  await assert.rejects(
    kit.run(admin, "register_service", { name: "both", url: "http://127.0.0.1:9", command: "x" }),
    refusal("invalid"),
  )
  await assert.rejects(
    kit.run(admin, "register_service", { name: "../up", url: "http://127.0.0.1:9" }),
    refusal("invalid"),
  )
  assert.equal(existsSync(fileOf(kit, "both")), false)
})

test("AGT-02 nobody starts a program without services:stdio:write, whether by registering or by changing", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const editor = await kit.join("editor", { permissions: ["configure"], tools: all })
  const pwned = join(kit.folder, "pwned")
  const evil = {
    command: process.execPath,
    args: ["-e", `require("fs").writeFileSync(${JSON.stringify(pwned)}, "")`],
  }
  await assert.rejects(
    kit.run(editor, "register_service", { name: "evil", ...evil }),
    refusal("forbidden", /services:stdio:write/),
  )
  await assert.rejects(
    kit.run(editor, "register_service", { name: "evil", enabled: false, ...evil }),
    refusal("forbidden"),
  )
  await kit.run(admin, "register_service", { name: "hello", ...hello })
  await kit.run(editor, "register_service", { name: "docs", enabled: false, url: "https://docs.example/mcp" })
  for (const change of [
    { args: evil.args },
    { env: { NODE_OPTIONS: "--inspect" } },
    { cwd: "/" },
    { command: "sh" },
  ]) {
    await assert.rejects(
      kit.run(editor, "update_service", { name: "hello", ...change }),
      refusal("forbidden"),
      JSON.stringify(change),
    )
  }
  await assert.rejects(
    kit.run(editor, "update_service", { name: "docs", url: null, network: null, ...evil }),
    refusal("forbidden"),
  )
  assert.equal(existsSync(pwned), false)
  assert.deepEqual(readFile(kit, "hello"), hello)
})

test("AGT-11 nobody takes secrets or sockets of this machine without services:stdio:write", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const editor = await kit.join("editor", { permissions: ["configure"], tools: all })
  const far = "https://far.example/mcp"
  for (const definition of [
    { url: `${far}?\${env:HOME}` },
    { url: far, headers: { "x-a": "${secret:A}" } },
    { endpoints: [{ url: far }, { url: `${far}/\${secret:A}` }] },
    { url: "unix:///var/run/docker.sock:/mcp" },
  ]) {
    await assert.rejects(
      kit.run(editor, "register_service", { name: "thief", enabled: false, ...definition }),
      refusal("forbidden"),
      JSON.stringify(definition),
    )
  }
  const near = { url: "https://near.example/mcp", enabled: false }
  await kit.run(admin, "register_service", { name: "literal", ...near, headers: { Authorization: "Bearer kept" } })
  await kit.run(admin, "register_service", {
    name: "stand-in",
    ...near,
    headers: { Authorization: "Bearer ${secret:A}" },
  })
  for (const name of ["literal", "stand-in"]) {
    await assert.rejects(kit.run(editor, "update_service", { name, url: far }), refusal("forbidden"))
    await assert.rejects(
      kit.run(editor, "update_service", { name, url: null, endpoints: [{ url: near.url }, { url: far }] }),
      refusal("forbidden"),
    )
    await kit.run(editor, "update_service", { name, title: "Kept" })
  }
  await kit.run(editor, "update_service", { name: "literal", url: far, headers: null })
})

test("an update changes the fields given and leaves the others, and null takes away", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  await kit.run(admin, "register_service", { name: "hello", title: "Hello", ...hello, env: { A: "1", B: "2" } })
  const change = {
    name: "hello",
    title: null,
    tags: ["demo"],
    env: { A: null, C: "3" },
    tools: { deny: ["add"], rename: { greet: "hi" } },
  }
  const outcome = (await kit.run(admin, "update_service", change)) as Outcome
  assert.deepEqual([outcome.added, outcome.removed], [["hello__hi"], ["hello__greet", "hello__add"]])
  const { name: _name, title: _title, ...rest } = change
  assert.deepEqual(readFile(kit, "hello"), { ...hello, ...rest, env: { B: "2", C: "3" } })
  await assert.rejects(kit.run(admin, "update_service", { name: "hello", command: null }), refusal("invalid"))
  await assert.rejects(
    kit.run(admin, "update_service", { name: "hullo", title: "x" }),
    refusal("not_found", /Did you mean hello/),
  )
})

test("nobody renames a tool that they may not use into one that they may", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const editor = await kit.join("editor", { permissions: ["configure"], tools: { allow: ["hello__greet"] } })
  await kit.run(admin, "register_service", { name: "hello", ...hello })
  const rename = { greet: "kept", add: "greet" }
  await assert.rejects(
    kit.run(editor, "update_service", { name: "hello", tools: { rename } }),
    refusal("forbidden", /hello__add/),
  )
  await kit.run(editor, "update_service", { name: "hello", tools: { rename: { greet: "hi" } } })
})

test("a service is turned off and on again by whoever may operate", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const operator = await kit.join("operator", { permissions: ["operate"] })
  await kit.run(admin, "register_service", { name: "hello", ...hello })
  const off = (await kit.run(operator, "toggle_service", { name: "hello", enabled: false })) as Outcome
  assert.deepEqual([off.service.state, off.added, off.removed], ["disabled", [], helloTools])
  await assert.rejects(
    kit.run(operator, "refresh_service", { name: "hello" }),
    refusal("conflict", /toggle_service/),
  )
  const on = (await kit.run(operator, "toggle_service", { name: "hello", enabled: true })) as Outcome
  assert.deepEqual([on.service.state, on.added, on.removed], ["up", helloTools, []])
  assert.deepEqual(
    on.tools.map(({ callable }) => callable),
    [false, false, false],
  )
  await assert.rejects(
    kit.run(operator, "update_service", { name: "hello", title: "x" }),
    refusal("not_found", /Unknown operation/),
  )
})

test("a refresh answers with what the service offers now", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  await kit.run(admin, "register_service", { name: "hello", ...hello })
  const outcome = (await kit.run(admin, "refresh_service", { name: "hello" })) as Outcome
  assert.deepEqual([outcome.service.state, outcome.added, outcome.removed], ["up", [], []])
})

test("a service that cannot be started is registered, and the answer says what is wrong", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const outcome = (await kit.run(admin, "register_service", { name: "broken", ...broken })) as Outcome
  assert.equal(outcome.service.state, "down")
  assert.ok(outcome.warnings.length > 0)
})

test("warnings name the tools left out and those whose names were cut short", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const name = `wayward-${"x".repeat(30)}`
  const rename = { hang: `hang_${"y".repeat(40)}` }
  const { warnings } = (await kit.run(admin, "register_service", {
    name,
    ...wayward,
    tools: { rename },
  })) as Outcome
  assert.ok(
    warnings.some((warning) => warning.startsWith("crooked: ")),
    warnings.join("\n"),
  )
  assert.ok(
    warnings.some((warning) => /^hang is listed as wayward-x+__hang_y+_[0-9a-f]{8}:/.test(warning)),
    warnings.join("\n"),
  )
})

test("a removed service is gone with its file and its tools", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  await kit.run(admin, "register_service", { name: "hello", ...hello })
  assert.deepEqual(await kit.run(admin, "remove_service", { name: "hello" }), {
    name: "hello",
    removed: helloTools,
  })
  assert.equal(existsSync(fileOf(kit, "hello")), false)
  assert.deepEqual(kit.fleet.status(), [])
  await assert.rejects(
    kit.run(admin, "remove_service", { name: "hello" }),
    refusal("not_found", /None is registered/),
  )
})

test("AGT-10 prices and what is kept of calls are left to those who hold the permission", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const writer = await kit.join("writer", { permissions: ["configure"] })
  const url = "http://127.0.0.1:9/mcp"
  const tools = { cost: { "*": { perCallUsd: 1 } } }
  await assert.rejects(
    kit.run(writer, "register_service", { name: "a", url, tools }),
    refusal("forbidden", /quotas:write/),
  )
  const audit = { redact: ["ssn"] }
  await assert.rejects(
    kit.run(writer, "register_service", { name: "a", url, audit }),
    refusal("forbidden", /audit:write/),
  )
  await kit.run(admin, "register_service", { name: "a", url, tools, audit })
  await kit.run(writer, "update_service", { name: "a", title: "A" })
  const free = { cost: { "*": null } }
  await assert.rejects(
    kit.run(writer, "update_service", { name: "a", tools: free }),
    refusal("forbidden", /quotas:write/),
  )
})
