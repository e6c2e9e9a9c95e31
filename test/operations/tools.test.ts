import assert from "node:assert/strict"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import type { Entry } from "../../src/domain/catalog.ts"
import { toRaw, toRawObject } from "../../src/mcp/raw-json.ts"
import { searchTools } from "../../src/operations/tools/tool-search.ts"
import { admins, hello, openKit, wayward } from "./operations-kit.ts"

type Found = {
  readonly tools: readonly { readonly name: string; readonly inputSchema: { readonly type?: string } }[]
  readonly searched: number
}
type Issues = {
  readonly issues: readonly { readonly service: string; readonly subject?: string }[]
  readonly nextCursor?: string
}

test("tools are found by what they do, only among those that the caller may call", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const agent = await kit.join("agent", {
    permissions: ["tools:read"],
    tools: { allow: ["hello__greet", "hello__countdown"] },
  })
  await kit.run(admin, "register_service", { name: "hello", ...hello })
  const find = async (actor: typeof admin, query: string): Promise<Found> =>
    (await kit.run(actor, "find_tools", { query })) as Found
  const sum = await find(admin, "add numbers")
  assert.deepEqual([sum.tools[0]?.name, sum.tools[0]?.inputSchema.type, sum.searched], ["hello__add", "object", 3])
  assert.deepEqual(
    (await find(agent, "add two")).tools.map(({ name }) => name).filter((name) => name === "hello__add"),
    [],
  )
  assert.equal((await find(agent, "countdwn")).tools[0]?.name, "hello__countdown")
  assert.equal((await find(agent, "gre")).tools[0]?.name, "hello__greet")
  assert.match(await kit.say(agent, "find_tools", { query: "zebra" }), /^None of your 2 tools fits/)
  const nobody = await kit.join("nobody", { permissions: ["observe"] })
  assert.match(await kit.say(nobody, "find_tools", { query: "greet" }), /^You may call no tools/)
})

test("words within names are found, and the best come first up to the limit", async () => {
  const entries = ["files__readFile", "files__write_file", "mail__send"].map(entry)
  const names = async (query: string, limit = 10): Promise<string[]> =>
    (await searchTools(entries, query, limit)).map(({ entry }) => entry.listed.name)
  assert.deepEqual(await names("write"), ["files__write_file"])
  assert.deepEqual(await names("read"), ["files__readFile"])
  assert.equal((await names("file", 1)).length, 1)
  assert.deepEqual(await names(""), [])
})

function entry(name: string): Entry {
  const definition = toRawObject({ name, description: "" })
  const canonical = { canonicalName: name, service: "any", kind: "tools" } as const
  return {
    ...canonical,
    item: { name, shownName: name, definition },
    listed: { name, modern: toRaw({}), legacy: toRaw({}) },
  }
}

test("issues of tools and of files are listed, by service and in pages", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  assert.equal(await kit.say(admin, "list_issues"), "Nothing is wrong.")
  await kit.run(admin, "register_service", { name: "wayward", ...wayward })
  await writeFile(join(kit.folder, "servers.d", "garbled.json"), "{")
  await kit.run(admin, "update_service", { name: "wayward", title: "Wayward" })
  const { issues } = (await kit.run(admin, "list_issues")) as Issues
  assert.ok(issues.some(({ service, subject }) => service === "wayward" && subject === "crooked"))
  assert.ok(issues.some(({ service, subject }) => service === "garbled" && subject === "garbled.json"))
  const only = (await kit.run(admin, "list_issues", { service: "garbled" })) as Issues
  assert.deepEqual(
    only.issues.map(({ service }) => service),
    ["garbled"],
  )
  const own = { service: "gateway:", subject: "tls", message: "tls.cert cannot be read.", sinceMs: 0 }
  const withOwn = (await kit.run(admin, "list_issues", {}, { ownIssues: () => [own] })) as Issues
  assert.equal(withOwn.issues.length, issues.length + 1)
  const first = (await kit.run(admin, "list_issues", { limit: 1 })) as Issues
  const rest = (await kit.run(admin, "list_issues", { cursor: first.nextCursor })) as Issues
  assert.equal(first.issues.length + rest.issues.length, issues.length)
})
