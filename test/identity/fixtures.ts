/** A real store in a folder of its own, and what a principal needs to be let in. */

import type { TestContext } from "node:test"
import { crc32 } from "node:zlib"
import type { Draft } from "../../src/domain/collection.ts"
import type { Key, Principal } from "../../src/domain/principal.ts"
import { keyMaker } from "../../src/identity/api-key.ts"
import { createAuthenticator, type Authenticator } from "../../src/identity/authenticator.ts"
import { jsonKeys } from "../../src/stores/json/keys.ts"
import { jsonPrincipals } from "../../src/stores/json/principals.ts"
import { openStateFile } from "../../src/stores/json/state-file.ts"
import { keyOf, principalOf, type IdentityStores } from "../contracts/principals.ts"
import { makeFolder } from "../support/folder.ts"

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

export async function openStores(t: TestContext, folder: string): Promise<IdentityStores> {
  const file = await openStateFile(folder)
  t.after(() => file.close())
  return { principals: jsonPrincipals(file), keys: jsonKeys(file) }
}

export type Scene = IdentityStores & {
  readonly authenticator: Authenticator
  /** The test's own clock. */
  readonly clock: { nowMs: number }
  add(id: string, changes?: Partial<Draft<Principal>>): Promise<Principal>
  /** @returns the text of the new key */
  addKey(
    principalId: string,
    changes?: Partial<Draft<Key>>,
  ): Promise<{ readonly id: string; readonly text: string }>
}

export async function openScene(t: TestContext): Promise<Scene> {
  const stores = await openStores(t, makeFolder())
  const clock = { nowMs: 1_000_000 }
  const authenticator = await createAuthenticator({
    ...stores,
    pepper: Buffer.alloc(32, 7),
    now: () => clock.nowMs,
  })
  t.after(() => authenticator.close())
  return {
    ...stores,
    authenticator,
    clock,
    add: (id, changes) => stores.principals.insert(principalOf(id, changes)),
    addKey: async (principalId, changes = {}) => {
      const { id, text, hash } = await keyMaker.make()
      await stores.keys.insert(keyOf(id, { principalId, hash, ...changes }))
      return { id, text }
    },
  }
}

export function basic(name: string, password: string): { readonly authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}` }
}

/** Another secret for the same key id, of the right form: what a guesser would send. */
export function guessFor({ id }: { readonly id: string }, guess: string): string {
  const checked = `mm_${id}_${guess.padStart(43, "0")}`
  let sum = ""
  for (let rest = crc32(checked); sum.length < 6; rest = Math.floor(rest / 62)) sum = `${digits[rest % 62]}${sum}`
  return checked + sum
}
