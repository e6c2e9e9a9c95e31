import assert from "node:assert/strict"
import { test } from "node:test"
import { compileCatalog, noItems, type Offer } from "../../../src/domain/catalog.ts"
import { receiveOffer, sendOffer } from "../../../src/gateway/workers/line/sent-service.ts"
import { toRawObject } from "../../../src/mcp/raw-json.ts"

const offer: Offer = {
  service: "maps",
  prefix: true,
  items: {
    ...noItems,
    tools: [
      {
        name: "route",
        shownName: "find_route",
        definition: toRawObject({ name: "route", inputSchema: { type: "object" } }),
        repeatable: true,
        paramHeaders: new Map([["region", ["where", "region"]]]),
        cost: { perCallUsd: 0.1 },
      },
    ],
  },
  era: "modern",
  capabilities: { tools: {} },
  instructions: "Ask for a route.",
  tags: ["geo"],
  audit: { payloads: undefined, redact: ["home"] },
  terms: { passthrough: ["x/y"], cache: "public", maxTimeMs: 1_000 },
}

test("a worker finds what the owner would, by the same names and under the same rules", () => {
  const received = receiveOffer(JSON.parse(JSON.stringify(sendOffer(offer))) as ReturnType<typeof sendOffer>)
  const [here, there] = [offer, received].map((each) =>
    compileCatalog([each]).all.byName.tools.get("maps__find_route"),
  )
  assert.ok(here && there)
  const { definition: _, ...known } = here.item
  const { definition: sent, ...heard } = there.item
  assert.deepEqual(heard, known)
  assert.equal(there.canonicalName, here.canonicalName)
  assert.equal(sent.size, 0)
  const { items: _items, instructions: _instructions, ...terms } = offer
  const { items: _sentItems, instructions, ...sentTerms } = received
  assert.deepEqual(sentTerms, terms)
  assert.equal(instructions, undefined)
})
