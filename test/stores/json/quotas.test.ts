import assert from "node:assert/strict"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { jsonPrincipals } from "../../../src/stores/json/principals.ts"
import { jsonQuotas } from "../../../src/stores/json/quotas.ts"
import { openStateFile } from "../../../src/stores/json/state-file.ts"
import { collectionContract } from "../../contracts/collection.ts"
import { principalOf } from "../../contracts/principals.ts"
import { quotaOf } from "../../domain/quota/samples.ts"

collectionContract(
  "quotas",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "state-"))
    const file = await openStateFile(folder)
    return {
      store: jsonQuotas(file),
      [Symbol.asyncDispose]: async () => {
        await file.close()
        await rm(folder, { recursive: true })
      },
    }
  },
  {
    draft: (id, createdAtMs) => {
      const { version: _, ...draft } = quotaOf(id, { createdAtMs })
      return draft
    },
    broken: (id) => ({ ...quotaOf(id), limit: -1 }),
  },
)

test("a state file from before there were quotas and teams is read, and gets them", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "state-"))
  t.after(() => rm(folder, { recursive: true }))
  const old = { format: 1, principals: [{ ...principalOf("a"), version: 1 }], keys: [] }
  await writeFile(join(folder, "state.json"), JSON.stringify(old), { mode: 0o600 })
  const file = await openStateFile(folder)
  assert.equal((await jsonPrincipals(file).find("a"))?.team, undefined)
  const { version: _, ...draft } = quotaOf("q")
  await jsonQuotas(file).insert(draft)
  await jsonPrincipals(file).insert(principalOf("b", { team: "red" }))
  await file.close()
  const kept = JSON.parse(await readFile(join(folder, "state.json"), "utf8")) as { quotas: unknown[] }
  assert.deepEqual(kept.quotas, [JSON.parse(JSON.stringify(quotaOf("q")))])
  const again = await openStateFile(folder)
  assert.equal((await jsonPrincipals(again).find("b"))?.team, "red")
  await again.close()
})
