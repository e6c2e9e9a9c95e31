/** What every store of principals and of their keys promises. */

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Draft } from "../../src/domain/collection.ts"
import { grantsSchema } from "../../src/domain/permission.ts"
import type { Key, Keys, Principal, Principals } from "../../src/domain/principal.ts"
import { collectionContract, type Opened } from "./collection.ts"

export type IdentityStores = { readonly principals: Principals; readonly keys: Keys }

export function principalOf(id: string, changes: Partial<Draft<Principal>> = {}): Draft<Principal> {
  const grants = grantsSchema.parse({ permissions: ["observe"], tools: { allow: ["echo"] } })
  return {
    id,
    name: `name-${id}`,
    kind: "agent",
    grants,
    disabled: false,
    createdAtMs: 1,
    createdBy: "test",
    ...changes,
  }
}

export function keyOf(id: string, changes: Partial<Draft<Key>> = {}): Draft<Key> {
  return { id, principalId: "p", hash: "$argon2id$x", label: "", createdAtMs: 1, createdBy: "test", ...changes }
}

export function identityContract(open: () => Promise<Opened<IdentityStores>>): void {
  const openOne = async <K extends keyof IdentityStores>(kind: K): Promise<Opened<IdentityStores[K]>> => {
    const opened = await open()
    return { store: opened.store[kind], [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() }
  }

  collectionContract("principals", () => openOne("principals"), {
    draft: (id, createdAtMs) => principalOf(id, { createdAtMs }),
    broken: (id) => principalOf(id, { name: "with spaces" }),
  })

  collectionContract("keys", () => openOne("keys"), {
    draft: (id, createdAtMs) => keyOf(id, { createdAtMs }),
    broken: (id) => keyOf(id, { hash: "the secret itself" }),
  })

  test("principals: found by name exactly as written", async () => {
    await using opened = await open()
    const { principals } = opened.store
    const ann = await principals.insert(principalOf("1", { name: "Ann" }))
    assert.deepEqual(await principals.findByName("Ann"), ann)
    assert.equal(await principals.findByName("ann"), undefined)
  })

  test("principals: no two names differ in case alone, by insertion or by change", async () => {
    await using opened = await open()
    const { principals } = opened.store
    await principals.insert(principalOf("1", { name: "admin" }))
    await principals.insert(principalOf("2", { name: "bob" }))
    await assert.rejects(principals.insert(principalOf("3", { name: "Admin" })), { code: "conflict" })
    await assert.rejects(principals.replace(principalOf("2", { name: "ADMIN" }), 1), { code: "conflict" })
    assert.equal((await principals.replace(principalOf("1", { name: "Admin" }), 1)).name, "Admin")
  })

  test("principals: optional members stay absent where they were", async () => {
    await using opened = await open()
    await opened.store.principals.insert(principalOf("1"))
    const found = await opened.store.principals.find("1")
    assert.deepEqual(
      ["title", "passwordHash"].filter((member) => member in (found ?? {})),
      [],
    )
  })
}
