/** Tests of the page on which a person decides on a plan, for confirmation.test.ts: the page as a browser without script sees it, and what it cannot be made to do. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { TestGateway } from "../support/gateway.ts"
import { createAgent, rest } from "../support/rest.ts"

const limit = { timeout: 60_000 }
const hostile = "</pre><script>alert(1)</script>\u202e\u001b[2J\u200b"

let gateway: TestGateway
let agent: string
let decider: string
let made = 0

export async function readyForPlanPage(opened: TestGateway): Promise<void> {
  gateway = opened
  agent = await createAgent(gateway, "proposer", { permissions: ["configure"] })
  decider = await keyOf("human")
}

/** Registers the tests. */
export function testPlanPage(): void {
  test(
    "UI-01 before a credential the page is the same for every plan, and can neither run nor load anything",
    limit,
    async () => {
      const pages = await Promise.all(
        [await propose(), "no-such-plan"].map(async (id) => {
          const answer = await fetch(`${gateway.origin}/plans/${id}`)
          assert.equal(answer.status, 200)
          const policy = answer.headers.get("content-security-policy") ?? ""
          assert.match(
            policy,
            /^default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; sandbox/,
          )
          assert.doesNotMatch(policy, /unsafe|allow-scripts/)
          assert.equal(answer.headers.get("cache-control"), "no-store")
          return answer.text()
        }),
      )
      assert.equal(pages[0], pages[1])
      assert.doesNotMatch(pages[0] ?? "", /<script|<style|src=|href="h/)
    },
  )

  test("UI-02 whatever a plan says stands on the page as text that hides nothing", limit, async () => {
    const page = await post(await propose(), { key: decider, do: "show" })
    assert.equal(page.status, 200)
    assert.doesNotMatch(page.text, /<script|[\u202e\u200b]|(?!\n)\p{Cc}/u)
    assert.match(page.text, /&lt;\/pre&gt;&lt;script&gt;/)
    assert.match(page.text, /\\u202e[^]*\\u001b|\\u001b[^]*\\u202e/)
    assert.match(page.text, /Proposed by<\/th><td>proposer/)
  })

  test("AGT-13 what was shown is approved, once, and its proposer applies it", limit, async () => {
    const id = await propose()
    const ticket = ticketIn(await post(id, { key: decider, do: "show" }))
    const approved = await post(id, { ticket, do: "approve" }, { origin: gateway.origin })
    assert.deepEqual([approved.status, await stateOf(id)], [200, "approved"])
    assert.equal((await post(id, { ticket, do: "approve" })).status, 409)
    const applied = await rest({ ...gateway, key: agent }, "POST", `/plans/${id}/apply`, {})
    assert.equal(applied.status, 200, JSON.stringify(applied.body))
  })

  test("a person without a key decides by name and password, and may say why not", limit, async () => {
    await rest(gateway, "POST", "/principals", {
      name: "boss",
      kind: "human",
      password: "correct horse battery staple",
      grants: { permissions: ["govern"] },
    })
    const id = await propose()
    const who = { name: "boss", password: "correct horse battery staple" }
    const ticket = ticketIn(await post(id, { ...who, do: "show" }))
    await post(id, { ticket, do: "reject", reason: "not <b>now</b>" })
    assert.equal(await stateOf(id), "rejected")
    const shown = await post(id, { key: decider, do: "show" })
    assert.doesNotMatch(shown.text, /name="ticket"/)
  })

  test("AGT-13 its proposer sees it there and cannot approve it; others do not see it", limit, async () => {
    const id = await propose()
    const own = await post(id, { key: agent, do: "show" })
    assert.match(own.text, /You cannot approve it\. .*is yours.*Ask another principal/)
    assert.doesNotMatch(own.text, /value="approve"/)
    const seen = await rest({ ...gateway, key: agent }, "GET", `/plans/${id}`)
    assert.equal((seen.body as { plan: { page: string } }).plan.page, `${gateway.origin}/plans/${id}`)
    assert.equal((await post(id, { ticket: ticketIn(own), do: "approve" })).status, 404)
    const other = await createAgent(gateway, `other${made}`, { permissions: ["configure"] })
    assert.equal((await post(id, { key: other, do: "show" })).status, 404)
    assert.equal(await stateOf(id), "pending")
  })

  test("UI-03 no page elsewhere decides, and no ticket counts for what it was not given for", limit, async () => {
    const [id, another] = [await propose(), await propose()]
    const ticket = ticketIn(await post(id, { key: decider, do: "show" }))
    const attempts = {
      "without anything": await post(id, { do: "approve" }),
      "with a wrong key": await post(id, { key: "mm_wrong", do: "show" }),
      "from elsewhere": await post(id, { ticket, do: "approve" }, { origin: "https://evil.example" }),
      "from nowhere": await post(id, { ticket, do: "approve" }, { origin: "null" }),
      "for another plan": await post(another, { ticket, do: "approve" }),
      "with a bit changed": await post(id, { ticket: `${ticket.slice(0, -2)}AA`, do: "approve" }),
      "with a header alone": await post(id, { do: "approve" }, { authorization: `Bearer ${decider}` }),
    }
    const statuses = Object.fromEntries(Object.entries(attempts).map(([how, { status }]) => [how, status]))
    assert.deepEqual(statuses, {
      "without anything": 401,
      "with a wrong key": 401,
      "from elsewhere": 403,
      "from nowhere": 403,
      "for another plan": 401,
      "with a bit changed": 401,
      "with a header alone": 401,
    })
    assert.deepEqual([await stateOf(id), await stateOf(another)], ["pending", "pending"])
  })

  test("AUTHN-05 a ticket ends with the key that it was given for", limit, async () => {
    const key = await keyOf("leaver")
    const id = await propose()
    const ticket = ticketIn(await post(id, { key, do: "show" }))
    const { body } = await rest(gateway, "GET", "/keys?principal=leaver")
    await rest(gateway, "DELETE", `/keys/${(body as { keys: { id: string }[] }).keys[0]?.id}`)
    assert.equal((await post(id, { ticket, do: "approve" })).status, 401)
    assert.equal(await stateOf(id), "pending")
  })

  test("AUD-01 looking and deciding on the page are on record like any call", limit, async () => {
    const id = await propose()
    const ticket = ticketIn(await post(id, { key: decider, do: "show" }))
    await post(id, { ticket, do: "approve" })
    for (const tool of ["get_plan", "approve_plan"]) {
      const { body } = await rest(gateway, "GET", `/audit/entries?tool=${tool}&principal=human&kind=start&limit=1`)
      const [entry] = (body as { entries: { detail?: { id?: string } }[] }).entries
      assert.equal(entry?.detail?.id, id)
    }
  })
}

async function keyOf(name: string): Promise<string> {
  await rest(gateway, "POST", "/principals", { name, kind: "human", grants: { permissions: ["govern"] } })
  const { body } = await rest(gateway, "POST", "/keys", { principal: name })
  return (body as { key: string }).key
}

/** A plan of the agent's that waits. */
async function propose(): Promise<string> {
  const name = `far${(made += 1)}`
  const tools = { describe: { read: hostile } }
  const service = { name, url: "http://127.0.0.1:9/mcp", enabled: false, tools }
  const { body } = await rest({ ...gateway, key: agent }, "POST", "/services", service)
  const { code, plan } = body as { code: string; plan: string }
  assert.equal(code, "plan_required", JSON.stringify(body))
  return plan
}

type Page = { readonly status: number; readonly text: string; readonly headers: Headers }

async function post(
  id: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Page> {
  const body = new URLSearchParams(fields)
  const answer = await fetch(`${gateway.origin}/plans/${id}`, { method: "POST", body, headers })
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}

function ticketIn({ text }: Page): string {
  const [, ticket = ""] = /name="ticket" value="([^"]+)"/.exec(text) ?? []
  assert.ok(ticket, text)
  return ticket
}

async function stateOf(id: string): Promise<string> {
  const { body } = await rest(gateway, "GET", `/plans/${id}`)
  return (body as { plan: { state: string } }).plan.state
}
