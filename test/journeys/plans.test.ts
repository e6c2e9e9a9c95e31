/** What an agent may not do alone, tried at each door of a real gateway, with a program that leaves a mark when it starts. */

import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { doorsOf, type Ask, type DoorName, type Told } from "../support/operation-doors.ts"
import { createAgent } from "../support/rest.ts"
import { eventually } from "./eventually.ts"

const limit = { timeout: 120_000 }

let gateway: TestGateway
let agentKey: string
let program: string

before(async () => {
  gateway = await startGateway()
  agentKey = await createAgent(gateway, "agent", { permissions: ["govern", "services:stdio:write"] })
  program = join(gateway.folder, "program.mjs")
  await writeFile(program, 'import { writeFileSync } from "node:fs"\nwriteFileSync(process.argv[2], "started")\n')
}, limit)

after(() => gateway?.stop())

type Plan = { readonly id: string; readonly digest: string; readonly state: string }

/** The command line tells no codes. */
function assertRefused({ code, text }: Told, wanted: string, words: RegExp): void {
  assert.match(text, words)
  assert.ok(code === wanted || code === "refused", `${code}: ${text}`)
}

function flip(digest: string): string {
  return `${digest.startsWith("A") ? "B" : "A"}${digest.slice(1)}`
}

async function pendingPlan(ask: Ask): Promise<Plan> {
  const { output } = await ask(gateway.key, "list_plans", { state: "pending" })
  const [plan, ...others] = output["plans"] as Plan[]
  assert.ok(plan && others.length === 0)
  return plan
}

for (const name of ["MCP", "REST", "CLI"] as const satisfies readonly DoorName[]) {
  test(
    `AGT-13 over ${name} an agent starts a program when somebody else has approved that, once`,
    limit,
    async () => {
      const ask = doorsOf(gateway)[name]
      const { REST: decide } = doorsOf(gateway)
      const service = `marker-${name.toLowerCase()}`
      const mark = join(gateway.folder, `${service}.mark`)
      const definition = { name: service, command: process.execPath, args: [program, mark] }
      assertRefused(await ask(agentKey, "register_service", definition), "plan_required", /needs an approval/)
      const { id, digest } = await pendingPlan(decide)
      assertRefused(await ask(agentKey, "apply_plan", { id }), "plan_required", /waits for one/)
      assertRefused(await ask(agentKey, "approve_plan", { id, digest }), "forbidden", /does not approve it/)
      assertRefused(
        await decide(gateway.key, "approve_plan", { id, digest: flip(digest) }),
        "conflict",
        /another digest/,
      )
      assertRefused(await decide(gateway.key, "apply_plan", { id }), "forbidden", /only who proposed/)
      assert.equal((await decide(gateway.key, "approve_plan", { id, digest })).code, undefined)
      assertRefused(await ask(agentKey, "apply_plan", { id, digest: flip(digest) }), "conflict", /another digest/)
      assert.equal(existsSync(mark), false, "it was started before it was approved and applied")

      const { code, text, output } = await ask(agentKey, "apply_plan", { id, digest })
      assert.equal(code, undefined, text)
      assert.equal((output["plan"] as Plan).state, "applied")
      await eventually("the program has started", () => existsSync(mark), 20_000)
      assertRefused(await ask(agentKey, "apply_plan", { id }), "conflict", /applied already/)
    },
  )
}

test("AGT-13 a plan does not outlive the state that it was made from, and audit tells of it", limit, async () => {
  const { MCP: ask } = doorsOf(gateway)
  const service = { name: "web", url: "http://127.0.0.1:9/mcp", enabled: false }
  assert.equal((await ask(gateway.key, "register_service", service)).code, undefined)
  const { code, output } = await ask(agentKey, "remove_service", { name: "web" })
  assert.equal(code, "plan_required")
  const { plan: id, digest, next } = output as { plan: string; digest: string; next: object }
  assert.deepEqual(next, { operation: "get_plan", arguments: { id } })
  await ask(gateway.key, "approve_plan", { id, digest })
  await ask(gateway.key, "update_service", { name: "web", title: "Changed" })
  assertRefused(await ask(agentKey, "apply_plan", { id }), "conflict", /has changed since the plan/)
  const { output: queried } = await ask(gateway.key, "audit_query", { principal: "agent", tool: "remove_service" })
  const details = (queried["entries"] as { detail?: object }[]).map(({ detail }) => detail)
  assert.ok(
    details.some((detail) => JSON.stringify(detail) === JSON.stringify({ name: "web", plan: id })),
    JSON.stringify(details),
  )
})

test("AGT-09 a dry run is answered at every door, and changes nothing", limit, async () => {
  const input = { name: "eve", kind: "agent", grants: { permissions: ["observe"] }, dry_run: true }
  for (const ask of Object.values(doorsOf(gateway))) {
    const { output, text } = await ask(gateway.key, "create_principal", input)
    assert.equal((output["plan"] as Plan | undefined)?.state, "drafted", text)
  }
  const { text } = await doorsOf(gateway).MCP(gateway.key, "list_principals", {})
  assert.ok(!text.includes("eve"))
})
