import assert from "node:assert/strict"
import { readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import type { Keys } from "../../src/domain/principal.ts"
import { keyMaker } from "../../src/identity/api-key.ts"
import { createAuthenticator } from "../../src/identity/authenticator.ts"
import { ensureAdmin } from "../../src/identity/first-start.ts"
import { principalOf } from "../contracts/principals.ts"
import { openStores } from "./fixtures.ts"
import { makeFolder } from "../support/folder.ts"

async function openFirst(t: TestContext) {
  const dataDir = makeFolder()
  const stores = await openStores(t, dataDir)
  return { ...stores, keyMaker, dataDir, nowMs: 42 }
}

test("the first start makes an administrator whose key is told once and kept for its owner alone", async (t) => {
  const first = await openFirst(t)
  const text = await ensureAdmin(first)
  const path = join(first.dataDir, "admin.key")
  assert.equal(await readFile(path, "utf8"), `${text}\n`)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.equal(await ensureAdmin(first), undefined)
  assert.ok(!(await readFile(join(first.dataDir, "state.json"), "utf8")).includes(text?.slice(16) ?? "mm_"))
})

test("the administrator is let in with that key and may do everything", async (t) => {
  const first = await openFirst(t)
  const apiKey = (await ensureAdmin(first)) ?? ""
  const authenticator = await createAuthenticator({ ...first, pepper: Buffer.alloc(32), now: () => 43 })
  t.after(() => authenticator.close())
  const { principal, may } = authenticator.authenticate(await authenticator.admit({ apiKey }))
  assert.deepEqual([principal.name, principal.kind], ["admin", "human"])
  assert.ok(may.holds("govern") && may.holds("services:stdio:write"))
  for (const kind of ["tools", "prompts", "resources"] as const) assert.ok(may.mayUse(kind, "anything/at all"))
})

test("where there is any principal, nothing is made", async (t) => {
  const first = await openFirst(t)
  await first.principals.insert(principalOf("ann"))
  assert.equal(await ensureAdmin(first), undefined)
  await assert.rejects(stat(join(first.dataDir, "admin.key")), { code: "ENOENT" })
})

test("a first start that broke off is made good by the next one", async (t) => {
  const first = await openFirst(t)
  await writeFile(join(first.dataDir, "admin.key"), "from a start before\n")
  const failing: Keys = { ...first.keys, insert: () => Promise.reject(new Error("the power went")) }
  await assert.rejects(ensureAdmin({ ...first, keys: failing }), /the power went/)
  const text = await ensureAdmin(first)
  assert.equal(await readFile(join(first.dataDir, "admin.key"), "utf8"), `${text}\n`)
})
