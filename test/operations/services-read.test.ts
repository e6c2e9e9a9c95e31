import assert from "node:assert/strict"
import { test } from "node:test"
import { admins, broken, hello, openKit, refusal, wayward } from "./operations-kit.ts"

type Row = {
  readonly name: string
  readonly state: string
  readonly tools: number
  readonly tags: readonly string[]
}
type Rows = { readonly services: readonly Row[]; readonly nextCursor?: string }
type Tool = {
  readonly name: string
  readonly canonicalName: string
  readonly ownName: string
  readonly callable: boolean
}
type Tools = {
  readonly tools: readonly Tool[]
  readonly total: number
  readonly issues: readonly { readonly subject?: string }[]
  readonly nextCursor?: string
}

const off = { enabled: false, url: "http://127.0.0.1:9/mcp" }

test("services are listed by name, by state, by tag and in pages", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  await kit.run(admin, "register_service", { name: "hello", ...hello, tags: ["demo"] })
  await kit.run(admin, "register_service", { name: "b", ...off, tags: ["demo"] })
  await kit.run(admin, "register_service", { name: "a", ...off })
  const list = async (input: object): Promise<Rows> => (await kit.run(admin, "list_services", input)) as Rows
  const names = ({ services }: Rows): string[] => services.map(({ name }) => name)
  assert.deepEqual(names(await list({})), ["a", "b", "hello"])
  assert.deepEqual(names(await list({ state: "up" })), ["hello"])
  assert.deepEqual(names(await list({ tag: "demo" })), ["b", "hello"])
  const first = await list({ limit: 2 })
  const second = await list({ limit: 2, cursor: first.nextCursor })
  assert.deepEqual([names(first), names(second), second.nextCursor], [["a", "b"], ["hello"], undefined])
  await assert.rejects(list({ cursor: "bm9uc2Vuc2U" }), refusal("invalid", /cursor/))
  assert.match(await kit.say(admin, "list_services"), /^NAME +STATE[^]+hello +up +modern +stdio +3 /)
})

test("the details of a service have no secret in them", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const observer = await kit.join("observer", { permissions: ["observe"] })
  await kit.run(admin, "register_service", { name: "hello", ...hello, env: { TOKEN: "hunter2" } })
  await kit.run(admin, "register_service", {
    name: "far",
    enabled: false,
    url: "https://ann:hunter2@far.example/mcp?key=hunter2",
    headers: { Authorization: "Bearer hunter2" },
  })
  const details = await kit.run(observer, "get_server_details", { name: "hello" })
  const { service, definition, file, instructions } = details as {
    service: Row
    definition: Record<string, unknown>
    file: string
    instructions: string
  }
  assert.deepEqual([service.state, file, definition["env"]], ["up", "hello.json", { TOKEN: "***" }])
  assert.match(instructions, /^Greets people/)
  const far = await kit.run(observer, "get_server_details", { name: "far" })
  for (const shown of [details, far, await kit.say(observer, "get_server_details", { name: "far" })]) {
    assert.doesNotMatch(JSON.stringify(shown), /hunter2/)
  }
})

test("the details of a broken service have its issues and its last error output", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  await kit.run(admin, "register_service", { name: "broken", ...broken })
  const details = (await kit.run(admin, "get_server_details", { name: "broken" })) as {
    issues: unknown[]
    stderr: string[]
  }
  assert.ok(details.issues.length > 0)
  assert.ok(
    details.stderr.some((line) => line.includes("no luck")),
    details.stderr.join("\n"),
  )
})

test("tools are shown with every name they go by, and whether the caller may call them", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const observer = await kit.join("observer", { permissions: ["observe"], tools: { allow: ["hello__add"] } })
  await kit.run(admin, "register_service", {
    name: "hello",
    ...hello,
    prefix: false,
    tools: { rename: { greet: "hi" } },
  })
  const { tools, total } = (await kit.run(observer, "get_service_tools", { name: "hello" })) as Tools
  assert.equal(total, 3)
  assert.deepEqual(
    tools.map(({ name, canonicalName, ownName, callable }) => [name, canonicalName, ownName, callable]),
    [
      ["add", "hello__add", "add", true],
      ["countdown", "hello__countdown", "countdown", false],
      ["hi", "hello__hi", "greet", false],
    ],
  )
  const first = (await kit.run(observer, "get_service_tools", { limit: 2 })) as Tools
  const second = (await kit.run(observer, "get_service_tools", { limit: 2, cursor: first.nextCursor })) as Tools
  assert.deepEqual([first.tools.length, second.tools.length, second.nextCursor], [2, 1, undefined])
  await assert.rejects(kit.run(observer, "get_service_tools", { name: "nobody" }), refusal("not_found"))
})

test("tools held back are shown with the reason", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  await kit.run(admin, "register_service", { name: "wayward", ...wayward })
  const { tools, issues } = (await kit.run(admin, "get_service_tools", {})) as Tools
  assert.ok(!tools.some(({ ownName }) => ownName === "crooked"))
  assert.ok(issues.some(({ subject }) => subject === "crooked"))
})

test("who may not read services does not learn that one can", async (t) => {
  const kit = await openKit(t)
  const agent = await kit.join("agent", { tools: { allow: ["*"] } })
  for (const name of ["list_services", "get_server_details", "get_service_tools", "healthcheck"]) {
    await assert.rejects(kit.run(agent, name, { name: "hello" }), refusal("not_found", /^Unknown operation/))
  }
})
