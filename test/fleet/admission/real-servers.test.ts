/** The servers that people run: what they offer raises nothing grave. */

import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { partsOf, textsOf } from "../../../src/domain/admission/definition-texts.ts"
import { holds, inspectDefinitions } from "../../../src/domain/admission/inspect-definitions.ts"
import { namesOf } from "../../../src/domain/admission/known-names.ts"
import { reportOn } from "../../../src/domain/admission/report.ts"
import { countTokens } from "../../../src/fleet/admission/count-tokens.ts"
import { readMembers } from "../../../src/mcp/outline.ts"
import { operations } from "../../../src/operations/index.ts"
import { managementTools } from "../../../src/surfaces/management-tools.ts"
import { root } from "../../support/process.ts"
import { openFleet } from "../fleet-kit.ts"
import { makeFolder } from "../../support/folder.ts"

test(
  "POI-03 server-everything, server-filesystem and server-memory raise no high finding",
  { timeout: 120_000 },
  async (t) => {
    const folder = makeFolder()
    const server = (name: string, ...args: readonly string[]): object => ({
      command: process.execPath,
      args: [join(root, "node_modules/@modelcontextprotocol", name, "dist/index.js"), ...args],
    })
    const { fleet } = await openFleet(t, {
      everything: server("server-everything", "stdio"),
      filesystem: server("server-filesystem", folder),
      memory: { ...server("server-memory"), env: { MEMORY_FILE_PATH: join(folder, "memory.jsonl") } },
    })
    await fleet.settled()
    const offers = fleet.offers()
    assert.equal(offers.length, 3)
    const names = operations.map(({ name }) => name)
    for (const offer of offers) {
      const others = offers.filter((other) => other !== offer).map(namesOf)
      const known = { operations: names, changing: new Set(names), others }
      const heard = fleet.heard(offer.service)
      assert.ok(heard)
      const texts = [...partsOf(heard)].flatMap((part) => [...textsOf(part, part.read())]).length
      const { findings, cost, ...report } = await reportOn(heard, known, countTokens)
      const found = findings.map(({ severity, id, where }) => `${severity} ${id} ${where}`)
      t.diagnostic(JSON.stringify({ ...report, texts, tokens: cost.totalTokens, dearest: cost.tools[0], found }))
      assert.ok(offer.items.tools.length > 5)
      assert.ok(cost.totalTokens > 300)
      assert.equal(cost.by, "o200k_base")
      assert.equal(holds({ findings }), false, found.join("\n"))
    }
  },
)

test("POI-03 the gateway's own operations, as tools of another gateway, raise no high finding", async () => {
  const tools = [...managementTools(operations).values()].map(({ definition }) => readMembers(definition))
  const items = { tools, prompts: [], resources: [], templates: [] }
  const said = {
    service: "gateway",
    prefix: true,
    capabilities: {},
    instructions: undefined,
    info: undefined,
    items,
  }
  const findings = await inspectDefinitions(said, { operations: [], changing: new Set(), others: [] })
  assert.deepEqual(findings.filter(({ severity }) => severity === "high"), []) // oxfmt-ignore
})
