import assert from "node:assert/strict"
import { test } from "node:test"
import { Listeners } from "../../src/call/listeners.ts"
import { OwnWatches } from "../../src/call/own-watches.ts"
import { compileCatalog } from "../../src/domain/catalog.ts"
import { readString, toRaw } from "../../src/mcp/raw-json.ts"
import { noPolicies } from "../../src/domain/policy/compiled-policies.ts"
import { createMemoryEvents } from "../../src/stores/memory/events.ts"
import { Shedding } from "../../src/surfaces/http/shedding.ts"
import { createMcpDoor } from "../../src/surfaces/mcp.ts"
import { admin, callOf, listSteps, noTasks, offer, principal, tool } from "../call/fixtures.ts"

test("instructions are those of the services that the caller sees", async () => {
  const offers = ["notes", "files"].map((name) =>
    offer(name, { tools: [tool("read")] }, { instructions: `Use ${name}.` }),
  )
  const known = () => ({
    catalog: compileCatalog(offers),
    managementTools: new Map(),
    managementResources: new Map(),
    managementTemplates: new Map(),
    policies: noPolicies,
    now: Date.now,
    openTaskId: () => undefined,
  })
  const events = createMemoryEvents()
  const discover = async (who: typeof admin): Promise<string | undefined> => {
    const { steps } = listSteps(() => who)
    const door = createMcpDoor({
      call: async () => assert.fail(),
      steps,
      known,
      listen: {
        steps,
        known,
        fleet: { watch: assert.fail, watchTask: assert.fail },
        tasks: noTasks(() => known().catalog),
        own: new OwnWatches(events, assert.fail),
        listeners: new Listeners(events, new AbortController().signal),
      },
      listTtlMs: () => 0,
      now: () => 0,
      settled: () => Promise.resolve(),
      serverInfo: toRaw({ name: "mcp-meta", version: "1" }),
      onInternalError: assert.fail,
      shedding: new Shedding({ governs: () => false, random: () => 0 }),
    })
    const { caller, request, exchange } = callOf("server/discover", {})
    const { result } = await door({ caller, mount: undefined })(request, exchange)
    return readString(result?.get("instructions"))
  }
  assert.equal(await discover(principal("reader", { tools: { allow: ["files__*"] } })), "## files\nUse files.")
  assert.equal(await discover(principal("nobody", {})), undefined)
  assert.match((await discover(admin)) ?? "", /notes[^]*files|files[^]*notes/)
})
