import assert from "node:assert/strict"
import { test } from "node:test"
import { standsAlone } from "../../src/call/stands-alone.ts"
import { compileCatalog, type Offer } from "../../src/domain/catalog.ts"
import { tasksExtension, type ClientFacts } from "../../src/mcp/message.ts"
import { toRaw, toRawObject } from "../../src/mcp/raw-json.ts"
import { admin, callOf, known, nobody, offer, tool } from "./fixtures.ts"

const modern: ClientFacts = {
  era: "modern",
  revision: "2026-07-28",
  capabilities: toRawObject({}),
  info: undefined,
}
const canBeAsked: ClientFacts = { ...modern, capabilities: toRawObject({ elicitation: {} }) }
const takesTasks: ClientFacts = {
  ...modern,
  capabilities: new Map([["extensions", toRaw({ [tasksExtension]: {} })]]),
}
const runsTasks = { tasks: { requests: { tools: { call: {} } } } }

function among(extra: Partial<Offer>, taskSupport?: string): typeof known {
  const tools = [{ ...tool("do"), ...(taskSupport !== undefined && { taskSupport }) }]
  return { ...known, catalog: compileCatalog([offer("one", { tools }, extra)]) }
}

function alone(
  of: typeof known,
  client: ClientFacts,
  params: object,
  { who = admin, method = "tools/call" } = {},
) {
  const call = callOf(method, params)
  return standsAlone(of, who, { ...call, request: { ...call.request, client } })
}

test("calls of tools, prompts and resources stand alone", () => {
  assert.equal(alone(known, modern, { name: "files__read" }), "files")
  assert.equal(alone(known, modern, { name: "files__summary" }, { method: "prompts/get" }), "files")
  assert.equal(alone(known, modern, { uri: "note://1" }, { method: "resources/read" }), "notes")
})

test("what is refused, performed, or another round of something does not", () => {
  assert.equal(alone(known, modern, { name: "files__read" }, { who: nobody }), undefined)
  assert.equal(alone(known, modern, { name: "files__gone" }), undefined)
  assert.equal(alone(known, modern, { name: "list_services" }), undefined)
  assert.equal(alone(known, modern, {}, { method: "tools/list" }), undefined)
  for (const member of ["requestState", "inputResponses", "task"])
    assert.equal(alone(known, modern, { name: "files__read", [member]: "x" }), undefined, member)
})

test("a legacy client has a session, which is kept elsewhere", () => {
  const legacy: ClientFacts = { ...modern, era: "legacy", revision: "2025-11-25" }
  assert.equal(alone(known, legacy, { name: "files__read" }), undefined)
})

test("who can be asked waits where a legacy service may ask in the middle", () => {
  assert.equal(alone(among({ era: "legacy" }), canBeAsked, { name: "one__do" }), undefined)
  assert.equal(alone(among({ era: "legacy" }), modern, { name: "one__do" }), "one")
  assert.equal(alone(among({}), canBeAsked, { name: "one__do" }), "one")
})

test("what may become a task is kept where tasks are", () => {
  const legacy = { era: "legacy", capabilities: runsTasks } as const
  assert.equal(alone(among(legacy, "required"), modern, { name: "one__do" }), undefined)
  assert.equal(alone(among(legacy, "optional"), modern, { name: "one__do" }), "one")
  assert.equal(alone(among(legacy, "optional"), takesTasks, { name: "one__do" }), undefined)
  const gives = { capabilities: { extensions: { [tasksExtension]: {} } } }
  assert.equal(alone(among(gives), takesTasks, { name: "one__do" }), undefined)
  assert.equal(alone(among({}), takesTasks, { name: "one__do" }), "one")
})
