/** The first start: a gateway that nobody may enter gets an administrator, whose key its operator is shown once. */

import { randomUUID } from "node:crypto"
import { rm } from "node:fs/promises"
import { join } from "node:path"
import type { KeyMaker, Keys, Principals } from "../domain/principal.ts"
import { makeSecretFile } from "../secret-file.ts"

type FirstStart = {
  readonly principals: Principals
  readonly keys: Keys
  readonly keyMaker: KeyMaker
  readonly dataDir: string
  readonly nowMs: number
}

const everything = { allow: ["*"], deny: [] }
const createdBy = "first-start"

/**
 * @returns the text of the administrator's key, also kept in `admin.key`; undefined where there are principals already
 */
export async function ensureAdmin({
  principals,
  keys,
  keyMaker,
  dataDir,
  nowMs,
}: FirstStart): Promise<string | undefined> {
  const { items } = await principals.list({ limit: 1 })
  if (items.length > 0) return undefined
  const principalId = randomUUID()
  const { id, text, hash } = await keyMaker.make()
  const path = join(dataDir, "admin.key")
  // The principal comes last: after a crash before it, the next start begins anew and nobody is locked out.
  await rm(path, { force: true })
  await makeSecretFile(path, `${text}\n`)
  await keys.insert({ id, principalId, hash, label: "admin.key", createdAtMs: nowMs, createdBy })
  await principals.insert({
    id: principalId,
    name: "admin",
    kind: "human",
    grants: {
      permissions: ["govern", "services:stdio:write"],
      tools: everything,
      prompts: everything,
      resources: everything,
    },
    disabled: false,
    createdAtMs: nowMs,
    createdBy,
  })
  return text
}
