/** Names that people and models take for others. */

import assert from "node:assert/strict"
import { test } from "node:test"
import { idsOf, inspect, tool, type Said } from "./definitions-kit.ts"

const named = (...names: readonly string[]): Said => ({ tools: names.map((name) => tool({ name })) })

test("POI-07 a name with letters of another script is found, whatever stands for what", async (t) => {
  const disguised = {
    read_file: ["reаd_file", "rеad_file", "read_fіle", "reаԁ_file", "rᥱad_file", "геаԁ_file"],
    copy: ["сору", "ϲору", "сοрy"],
    scope: ["ѕсоре", "ѕcope"],
    exec: ["ехес", "ехеϲ", "εxec"],
    paypal: ["раураӏ", "pаypal"],
  }
  let found = 0
  for (const [plain, others] of Object.entries(disguised)) {
    for (const other of others) {
      const alone = await inspect(named(other))
      assert.ok(alone.length > 0, other)
      const beside = await inspect(named(plain, other))
      assert.equal(beside[0]?.severity, "high", `${other}: ${idsOf(beside).join()}`)
      assert.doesNotMatch(JSON.stringify(beside.map(({ where, excerpt }) => [where, excerpt])), /\P{ASCII}/u)
      found += 1
    }
  }
  t.diagnostic(JSON.stringify({ disguised: found, missed: 0 }))
})

test("POI-15 a tool that another service has as well is told, and no more where a prefix tells them apart", async () => {
  const [finding, ...others] = await inspect(named("echo"))
  assert.deepEqual([finding?.id, finding?.severity, others.length], ["same_name_elsewhere", "low", 0])
})

test("POI-15 without a prefix it looks like the other's", async () => {
  assert.equal((await inspect({ ...named("send_mail"), prefix: false }))[0]?.id, "similar_name_elsewhere")
  assert.equal((await inspect({ ...named("Send-Mail"), prefix: false }))[0]?.severity, "high")
})

test("POI-16 a service whose name looks like that of another is held", async () => {
  for (const service of ["git_hub", "GitHub", "git-hub", "githUb", "g1thub"]) {
    const [finding] = await inspect({ ...named("anything"), service })
    assert.equal(finding?.id, "similar_service", service)
  }
  assert.deepEqual(idsOf(await inspect({ ...named("anything"), service: "github" })), [])
})

test("POI-17 a tool named like an operation of the gateway is told, and grave where no prefix parts them", async () => {
  assert.deepEqual(idsOf(await inspect(named("find_tools"))), ["reserved_name"])
  assert.deepEqual(idsOf(await inspect({ ...named("find-Tools"), prefix: false })), ["takes_operation_name"])
  assert.ok(idsOf(await inspect(named("ｆind_tools"))).includes("lookalike_name"))
})

test("POI-18 names that differ in case, width or separators are found", async () => {
  assert.deepEqual(idsOf(await inspect(named("read_file", "Read_File"))), ["similar_name"])
  assert.deepEqual(idsOf(await inspect(named("read_file", "read-file"))), ["similar_name"])
  assert.deepEqual(idsOf(await inspect(named("list_all", "1ist_a11"))), ["similar_name"])
  const wide = await inspect(named("read_file", "ｒｅａｄ_ｆｉｌｅ"))
  assert.equal(wide[0]?.id, "lookalike_name")
  const prompts = { prompts: [{ name: "plan" }, { name: "Plan" }] }
  assert.deepEqual(idsOf(await inspect(prompts)), ["similar_name"])
})

test("POI-19 a name that reads like one of another service in the list of all is found", async () => {
  const [finding] = await inspect({ service: "git", ...named("hub__list_issues") })
  assert.equal(finding?.id, "similar_name_elsewhere")
})

test("POI-07 prose may use other scripts, and a word may not mix them", async () => {
  assert.deepEqual(idsOf(await inspect({ instructions: "Погода в городе Berlin. Δt in µs." })), [])
  assert.deepEqual(idsOf(await inspect({ instructions: "Your pаssword" })), ["mixed_words"])
})

test("POI-17 a text that names operations or tools of others is told", async () => {
  assert.deepEqual(idsOf(await inspect({ instructions: "Then use set_grants." })), ["names_operation"])
  assert.deepEqual(idsOf(await inspect({ instructions: "Then use github__list_issues." })), ["names_other_tool"])
  assert.deepEqual(idsOf(await inspect({ instructions: "Then use find_tools." })), [])
})
