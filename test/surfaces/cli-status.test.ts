import assert from "node:assert/strict"
import { after, test } from "node:test"
import { GatewayError } from "../../src/errors.ts"
import { openCli, up, type Output } from "./cli-kit.ts"

const { answers, run, close } = await openCli()
after(close)

const head = {
  stream: "20261121-abc",
  seq: 4_321,
  hash: "h",
  checkpoint: { size: 4_300, time: new Date(Date.now() - 125_000).toISOString(), note: "n" },
  available: true,
}

/** Ten calls an hour, of which so many are used. */
function quota(id: string, used: number): Output {
  const at = "2026-11-21T09:00:00.000Z"
  return {
    id,
    subject: "everyone",
    target: "service:time",
    limit: 10,
    unit: "calls",
    window: "hour",
    align: "rolling",
    algorithm: "fixed_window",
    time_zone: "UTC",
    alert_at: [],
    action: "refuse",
    contact: "ann",
    used,
    left: Math.max(0, 10 - used),
    resetsAt: at,
    createdAt: at,
    changedAt: at,
  }
}

test("status shows each service and each issue, and fails while one is down", async () => {
  answers.set("list_quotas", { quotas: [] })
  answers.set("audit_head", head)
  answers.set("list_services", { services: [up] })
  answers.set("list_issues", {
    issues: [
      { service: "time", subject: "tool", message: "odd \u001B[31mschema", since: "2026-01-01T00:00:00.000Z" },
    ],
  })
  const fine = await run(["status"])
  assert.equal(fine.code, 0)
  assert.match(fine.stdout, /time[^\n]*up[^\n]*modern[^\n]*stdio[^\n]*1\/1[^\n]*2[^\n]*7[^\n]*1[^\n]*3\/9/)
  assert.match(fine.stdout, /Issues: 1[^]*time tool: odd schema/)
  // oxlint-disable-next-line no-control-regex
  assert.doesNotMatch(fine.stdout, /\u001B/, "no colours where there is no terminal, and none of a service's")
  answers.set("list_services", {
    services: [up, { ...up, name: "gone", state: "down", lastError: { message: "refused", at: "" } }],
  })
  const failing = await run(["status", "--json"])
  assert.equal(failing.code, 1)
  assert.deepEqual(
    (JSON.parse(failing.stdout) as { services: { name: string }[] }).services.map(({ name }) => name),
    ["time", "gone"],
  )
})

test("status shows how many endpoints of a service get no calls for now", async () => {
  const [endpoint] = up.endpoints
  answers.set("list_quotas", { quotas: [] })
  answers.set("audit_head", head)
  answers.set("list_issues", { issues: [] })
  const left = { ...endpoint, healthy: false, breaker: "open" }
  answers.set("list_services", { services: [{ ...up, state: "degraded", endpoints: [endpoint, left] }] })
  assert.match((await run(["status"])).stdout, /time[^\n]*degraded[^\n]*1\/2 \(1 open\)/)
  const byWorkers = { ...endpoint, breaker: "open", openWorkers: 2 }
  answers.set("list_services", { services: [{ ...up, state: "degraded", endpoints: [byWorkers] }] })
  assert.match((await run(["status"])).stdout, /time[^\n]*degraded[^\n]*1\/1 \(1 open by 2 workers\)/)
})

test("status shows quotas near their limit and the head of the audit log, and fails while it is in trouble", async () => {
  answers.set("list_services", { services: [up] })
  answers.set("list_issues", { issues: [] })
  answers.set("list_quotas", { quotas: [quota("low", 7), quota("near", 8), quota("full", 12)] })
  answers.set("audit_head", head)
  const fine = await run(["status"])
  assert.deepEqual([fine.code, fine.stderr], [0, ""])
  assert.match(
    fine.stdout,
    /Quotas near their limit: 2\n {2}full: 12 of 10 calls[^\n]*\n {2}near: 8 of 10[^]*Issues: 0\nAudit: 4321 entries in 20261121-abc, checkpoint at 4300, 2 min ago\n$/,
  )
  answers.set("audit_head", { ...head, available: false, trouble: "the disk is full" })
  const failing = await run(["status"])
  assert.equal(failing.code, 1)
  assert.match(failing.stdout, /nothing can be recorded: the disk is full/)
  const json = await run(["status", "--json"])
  const read = JSON.parse(json.stdout) as { quotas: { id: string }[]; audit: { seq: number } }
  assert.deepEqual([json.code, read.audit.seq, read.quotas.map(({ id }) => id)], [1, 4_321, ["full", "near"]])
})

test("status leaves out what the key may not see", async () => {
  answers.set("list_services", { services: [up] })
  answers.set("list_issues", { issues: [] })
  for (const [name, kind] of [
    ["list_quotas", "operation"],
    ["audit_head", "tool"],
  ])
    answers.set(name ?? "", () => {
      throw new GatewayError("not_found", `Unknown ${kind}: ${name}`)
    })
  const { code, stdout } = await run(["status"])
  assert.equal(code, 0)
  assert.doesNotMatch(stdout, /Quotas|Audit/)
})
