/** The first half of `npm run faults -- secrets`. */

import assert from "node:assert/strict"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { canariesIn } from "../../support/canaries.ts"
import { needlesOf } from "./canary-forms.ts"
import { report } from "../report.ts"
import { secretsOfJourney } from "./secrets.ts"
import { sweep } from "./sweep.ts"

const limit = { timeout: 600_000 }

test(
  "SEC-01 no secret stands where it does not belong, whatever its form, after a journey by all doors",
  limit,
  async (t) => {
    await report(t, await secretsOfJourney())
  },
)

test("SEC-01 a canary is found in each of its forms, and where it may be nowhere else", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-canaries-"))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const forms = needlesOf("secretFile", canariesIn(folder).secretFile)
  const place = join(folder, "gateway", "folder", "data", "secrets")
  await mkdir(place, { recursive: true })
  for (const { form, bytes } of forms)
    await writeFile(join(folder, "gateway", form), Buffer.concat([Buffer.from("..."), bytes, Buffer.from("...")]))
  await writeFile(join(place, "CANARY_FILE"), canariesIn(folder).secretFile)
  const { hits, expected } = sweep(folder)
  assert.ok(forms.length >= 14 && expected > 0)
  for (const { form } of forms) assert.ok(hits.includes(`secretFile as ${form} in gateway/${form}`), form)
})
