/** What a service may ask the client in the middle of a call, in all four meetings of eras. */
import assert from "node:assert/strict"
import { eventually } from "../../journeys/eventually.ts"
import type { Heard } from "../driver.ts"
import { nameOf, nonceOf, textOf, type Bench, type Feature } from "../feature.ts"

const wayOf = (wanted: string): Feature["proof"] => ({
  "legacy-legacy": `asking for ${wanted} goes over the stream of its call`,
  "legacy-modern": `asking for ${wanted} happens in the open call, which is then sent again with the answer`,
  "modern-legacy": `asking for ${wanted} parks the call: the client is asked by an answer, and its retry goes on with the call`,
  "modern-modern": `asking for ${wanted} is an answer, and the retry brings what the service wanted`,
})

export const form: Feature = {
  name: "elicitation form",
  proof: wayOf("a form"),
  prove: async (bench) => {
    const { driver } = bench
    for (const [message, outcome] of [
      [nonceOf(bench, "form"), 'action=accept, content={"username":"my username","email":"my email"}'],
      [nonceOf(bench, "no form"), "action=decline"],
    ] as const) {
      const known = driver.heard.length
      assert.ok(textOf(await driver.call(nameOf(bench, "test_elicitation"), { message })).includes(outcome))
      assert.equal(questionsIn(driver.heard.slice(known), "elicitation/create")[0]?.params["message"], message)
    }
  },
  missing: {
    before: "2025-06-18",
    says: "Elicitation is newly introduced in this version of the MCP specification and its design may evolve in future protocol versions.",
    where: "https://modelcontextprotocol.io/specification/2025-06-18/client/elicitation",
    proof: "asking for a form is refused at once, as this client has none",
    prove: (bench) => endsUnasked(bench, "test_elicitation", { message: "anybody there?" }),
  },
}

export const url: Feature = {
  name: "elicitation URL",
  proof: wayOf("a visit to a page"),
  prove: async (bench) => {
    const { driver, client, service } = bench
    const call = nonceOf(bench, "page")
    assert.equal(textOf(await driver.call(nameOf(bench, "test_url_elicitation"), { call })), "Page: action=accept")
    const asked = questionsIn(driver.heard, "elicitation/create").find(({ params }) => params["mode"] === "url")
    assert.equal(asked?.params["url"], `https://example.com/sign-in?call=${encodeURIComponent(call)}`)
    if (client.era === "legacy") await completes(bench, asked.params["elicitationId"])
    if (service.era === "legacy") await required(bench)
  },
  missing: {
    before: "2025-11-25",
    says: "URL mode elicitation is introduced in the `2025-11-25` version of the MCP specification.",
    where: "https://modelcontextprotocol.io/specification/2025-11-25/client/elicitation",
    proof: "asking for a visit to a page is refused at once, as this client has no pages",
    prove: (bench) => endsUnasked(bench, "test_url_elicitation", { call: nonceOf(bench, "page") }),
  },
}

/** A legacy client is told under the id of the question that what it opened the page for is done. */
async function completes({ driver }: Bench, id: unknown): Promise<void> {
  assert.equal(typeof id, "string")
  const completed = ({ method, params }: Heard): boolean =>
    method === "notifications/elicitation/complete" && params["elicitationId"] === id
  await eventually("the client heard that it is done", () => driver.heard.some(completed))
}

/** The error by which a legacy service says that a page must come first: for a modern client it is a question. */
async function required(bench: Bench): Promise<void> {
  const { driver, client } = bench
  const call = nonceOf(bench, "required page")
  const again = (): Promise<string> => driver.call(nameOf(bench, "test_url_required"), { call }).then(textOf)
  if (client.era === "legacy") await assert.rejects(again(), { code: -32042 })
  assert.equal(await again(), "The user was there")
}

export const sampling: Feature = {
  name: "sampling",
  proof: wayOf("a completion"),
  prove: async (bench) => {
    const prompt = nonceOf(bench, "sampling")
    const known = bench.driver.heard.length
    assert.equal(
      textOf(await bench.driver.call(nameOf(bench, "test_sampling"), { prompt })),
      "LLM response: Paris",
    )
    const [asked] = questionsIn(bench.driver.heard.slice(known), "sampling/createMessage")
    assert.match(JSON.stringify(asked?.params["messages"]), new RegExp(`"${prompt}"`))
  },
}

export const roots: Feature = {
  name: "roots",
  proof: wayOf("the roots"),
  prove: async (bench) => {
    const answered = await bench.driver.call(nameOf(bench, "test_input_required_result_list_roots"))
    assert.match(textOf(answered), /file:\/\/\/matrix$/)
  },
}

function questionsIn(heard: readonly Heard[], method: string): readonly Heard[] {
  return heard.filter((each) => each.method === method)
}

/** The call ends, as an error or as a failure that the tool tells, and the client was asked nothing. */
async function endsUnasked(bench: Bench, tool: string, values: Record<string, string>): Promise<void> {
  const { driver } = bench
  const known = driver.heard.length
  const ended = await driver.call(nameOf(bench, tool), values).then(
    (result) => result["isError"] === true,
    () => true,
  )
  assert.ok(ended, "it did not fail")
  assert.deepEqual(questionsIn(driver.heard.slice(known), "elicitation/create"), [])
}
