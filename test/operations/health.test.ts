import assert from "node:assert/strict"
import { test } from "node:test"
import { nothingShed } from "../../src/domain/overload.ts"
import { admins, broken, hello, openKit, refusal } from "./operations-kit.ts"

type Checks = {
  readonly healthy: boolean
  readonly checks: readonly { readonly name: string; readonly healthy: boolean; readonly message?: string }[]
}
type Diagnosis = {
  readonly ok: boolean
  readonly failedStep?: string
  readonly advice: string
  readonly cause?: string
  readonly next?: { readonly operation: string; readonly arguments: object }
  readonly steps: readonly { readonly step: string; readonly ok: boolean }[]
}

test("a health check tells for each service that is on whether it answers", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  await kit.run(admin, "register_service", { name: "hello", ...hello })
  await kit.run(admin, "register_service", { name: "off", enabled: false, url: "http://127.0.0.1:9/mcp" })
  const fine = (await kit.run(admin, "healthcheck")) as Checks
  assert.deepEqual([fine.healthy, fine.checks.map(({ name }) => name)], [true, ["hello"]])
  await kit.run(admin, "register_service", { name: "broken", ...broken })
  const { healthy, checks } = (await kit.run(admin, "healthcheck")) as Checks
  assert.equal(healthy, false)
  assert.deepEqual(
    checks.map(({ name, healthy }) => [name, healthy]),
    [
      ["broken", false],
      ["hello", true],
    ],
  )
  const off = (await kit.run(admin, "healthcheck", { name: "off" })) as Checks
  assert.match(off.checks[0]?.message ?? "", /disabled/)
  await assert.rejects(kit.run(admin, "healthcheck", { name: "nobody" }), refusal("not_found"))
  assert.match(await kit.say(admin, "healthcheck"), /broken +no/)
})

test("a health check tells how the gateway bears its load, and what it refused", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const shed = { ...nothingShed, sessions: 3 }
  const overload = { report: () => ({ level: 1, reason: "90 % of its heap is used", shed }) as const }
  const { load } = await kit.run(admin, "healthcheck", {}, { overload })
  assert.deepEqual(load, { level: 1, reason: "90 % of its heap is used", shed })
})

test("a diagnosis names the step that fails and what to do, or says that all is well", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const operator = await kit.join("operator", { permissions: ["operate"] })
  const observer = await kit.join("observer", { permissions: ["observe"] })
  await kit.run(admin, "register_service", { name: "hello", ...hello })
  await kit.run(admin, "register_service", { name: "missing", command: "/surely/no-such-program" })
  const well = (await kit.run(operator, "diagnose_service", { name: "hello" })) as Diagnosis
  assert.deepEqual([well.ok, well.failedStep, well.steps.at(-1)?.step], [true, undefined, "list"])
  const ill = (await kit.run(operator, "diagnose_service", { name: "missing" })) as Diagnosis
  assert.deepEqual([ill.ok, ill.steps.at(-1)], [false, { ...ill.steps.at(-1), step: ill.failedStep, ok: false }])
  assert.match(ill.advice, /update_service/)
  assert.deepEqual(
    [ill.cause, ill.next],
    ["program_missing", { operation: "get_server_details", arguments: { name: "missing" } }],
  )
  const told = (await kit.run(admin, "diagnose_service", { name: "missing" })) as Diagnosis
  assert.deepEqual(told.next, { operation: "update_service", arguments: { name: "missing" } })
  assert.deepEqual(well.next?.operation, "refresh_service")
  assert.match(await kit.say(operator, "diagnose_service", { name: "missing" }), /missing fails at/)
  await kit.run(admin, "toggle_service", { name: "missing", enabled: false })
  await assert.rejects(kit.run(operator, "diagnose_service", { name: "missing" }), refusal("forbidden"))
  await assert.rejects(
    kit.run(observer, "diagnose_service", { name: "hello" }),
    refusal("not_found", /^Unknown operation/),
  )
})

test("a service whose definitions nobody approved is well, and waits for that", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  await kit.run(admin, "register_service", { name: "hello", ...hello, pin: "approve" })
  const { ok, cause, next } = (await kit.run(admin, "diagnose_service", { name: "hello" })) as Diagnosis
  assert.deepEqual([ok, cause], [true, "awaits_approval"])
  assert.deepEqual(next, { operation: "list_held_items", arguments: { name: "hello" } })
})
