/**
 * SSRF through operations: whoever may write services, but not reach this machine, gets no connection to it or to an
 * inner network, by any form of a URL in any place that takes one. Names stand for what the test says; nothing but
 * listeners of this machine could be reached, and they count.
 */

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import type { Machine } from "../../src/domain/services/machine.ts"
import { GatewayError } from "../../src/errors.ts"
import type { Resolve } from "../../src/fleet/links/name-lookups.ts"
import { listenCounting } from "../fleet/links/counting-listeners.ts"
import { foreignUrls, names, urlsTo } from "../fleet/links/url-forms.ts"
import { openMachine } from "../fleet/fleet-kit.ts"
import { say, startService } from "../journeys/scripted-service.ts"
import { admins, all, openKit, refusal, type Kit } from "./operations-kit.ts"

const ownAddresses = ["127.0.0.1", "127.0.0.2", "::1"]
const types = { http: "http", sse: "http", websocket: "ws" } as const
const editors = { permissions: ["configure"], tools: all } as const

/** As the names of url-forms.ts are said to stand; others are unknown. */
const resolve: Resolve = async (hostname) => {
  const found = names[hostname]
  if (!found) throw Object.assign(new Error(`unknown in this test: ${hostname}`), { code: "ENOTFOUND" })
  return found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))
}

/** So that the address alone refuses what is in clear. */
function inClear(allow: readonly string[] = []): Machine {
  return openMachine({ outbound: { http: true, allow } }, resolve)
}

function fileOf({ folder }: Kit, name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, "servers.d", `${name}.json`), "utf8")) as Record<string, unknown>
}

/** Whether it was taken at all; what is taken must come to nothing when it is dialled. */
async function isTaken(performed: Promise<unknown>): Promise<boolean> {
  try {
    await performed
    return true
  } catch (thrown) {
    assert.ok(thrown instanceof GatewayError, String(thrown))
    assert.ok(["invalid", "forbidden"].includes(thrown.code), `${thrown.code} ${thrown.message}`)
    return false
  }
}

for (const [type, scheme] of Object.entries(types))
  test(`SSRF-01 SSRF-02 SSRF-03 SSRF-06 SSRF-07 SSRF-10 SSRF-14 no form of a URL reaches this machine as ${type}`, async (t) => {
    const { port, reached } = await listenCounting(t, ownAddresses)
    const kit = await openKit(t, inClear())
    const editor = await kit.join("editor", editors)
    await kit.run(editor, "register_service", {
      name: "old",
      type,
      enabled: false,
      url: `${scheme}://old.example/x`,
    })
    let taken = 0
    const urls = [...urlsTo(scheme, port), ...foreignUrls]
    for (const [index, url] of urls.entries()) {
      const name = `form-${index}`
      const places = [
        () => kit.run(editor, "register_service", { name, type, url }),
        () => kit.run(editor, "update_service", { name: "old", url, endpoints: null, enabled: true }),
        () => kit.run(editor, "update_service", { name: "old", url: null, endpoints: [{ url }], enabled: true }),
      ]
      for (const place of places) if (await isTaken(place())) taken += 1
    }
    await kit.fleet.settled()
    const up = kit.fleet.status().filter(({ state }) => state !== "down" && state !== "disabled")
    assert.deepEqual(up, [])
    assert.deepEqual(reached, [])
    tell(t, {
      id: "SSRF",
      type,
      forms: urls.length,
      attempts: 3 * urls.length,
      saved: taken,
      reached: reached.length,
    })
  })

test("SSRF-01 the file says what holds for it, after a restart too, and only who may reach the machine changes it", async (t) => {
  const { port, reached } = await listenCounting(t, ownAddresses)
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const editor = await kit.join("editor", editors)
  const url = "https://old.example/mcp"
  await kit.run(editor, "register_service", { name: "far", enabled: false, url })
  assert.deepEqual(fileOf(kit, "far"), { enabled: false, url, network: { allow: ["public"] } })
  const near = `http://127.0.0.1:${port}/mcp`
  for (const network of [null, { http: true }, { allow: ["127.0.0.1"] }, { allow: ["public", "10.0.0.0/8"] }])
    await assert.rejects(
      kit.run(editor, "update_service", { name: "far", network }),
      refusal("forbidden", /services:stdio:write/),
    )
  const wide = { name: "wide", enabled: false, url, network: { allow: ["127.0.0.0/8"], http: true } }
  await assert.rejects(kit.run(editor, "register_service", wide), refusal("forbidden"))
  await kit.run(editor, "update_service", { name: "far", title: "Far" })
  await kit.run(admin, "update_service", { name: "far", network: { allow: ["127.0.0.1"], http: true }, url: near })
  await kit.run(editor, "update_service", { name: "far", title: "Near" })
  assert.deepEqual(fileOf(kit, "far")["network"], { allow: ["127.0.0.1"], http: true })
  await assert.rejects(
    kit.run(editor, "update_service", { name: "far", url: `http://127.0.0.1:${port + 1}/mcp` }),
    refusal("invalid", /https:\/\//),
    "another url is the editor's own, and held to public addresses",
  )
  assert.deepEqual(reached, [])
  await kit.run(admin, "register_service", { name: "anywhere", url: near })
  assert.equal("network" in fileOf(kit, "anywhere"), false)
  assert.ok(reached.length > 0, "the listener can be reached by who may reach this machine")
})

test("SSRF-01 a service of the operator's is left alone until somebody who may not reach the machine points it elsewhere", async (t) => {
  const service = await startService({ tools: [{ name: "greet", run: () => say("hello") }] })
  t.after(() => service.close())
  const kit = await openKit(t, inClear())
  const editor = await kit.join("editor", editors)
  const path = join(kit.folder, "servers.d", "by-hand.json")
  await writeFile(path, JSON.stringify({ url: service.url }), { mode: 0o600 })
  while (kit.fleet.offers().length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  await kit.run(editor, "update_service", { name: "by-hand", title: "By hand" })
  assert.equal("network" in fileOf(kit, "by-hand"), false)
  assert.equal(kit.fleet.status()[0]?.state, "up")
  await assert.rejects(
    kit.run(editor, "update_service", { name: "by-hand", url: `${service.url}/other` }),
    refusal("invalid", /not public/),
  )
  await kit.run(editor, "update_service", { name: "by-hand", url: "https://other.example/mcp" })
  assert.deepEqual(fileOf(kit, "by-hand")["network"], { allow: ["public"] })
})

test("SSRF-01 nobody gets back by a rollback what they may not be given", async (t) => {
  const kit = await openKit(t)
  const admin = await kit.join("admin", admins)
  const editor = await kit.join("editor", editors)
  const near = { name: "near", enabled: false, url: "http://127.0.0.1:9/mcp" }
  await kit.run(admin, "register_service", near)
  const closed = { url: "https://near.example/mcp", network: { allow: ["public"] } }
  await kit.run(admin, "update_service", { name: "near", ...closed })
  await assert.rejects(kit.run(editor, "rollback", { undo: 2 }), refusal("forbidden", /services:stdio:write/))
  await kit.run(admin, "remove_service", { name: "near" })
  await assert.rejects(kit.run(editor, "rollback", { to: 1 }), refusal("invalid", /https:\/\//))
  assert.deepEqual(kit.fleet.status(), [])
  await kit.run(admin, "rollback", { to: 1 })
  assert.equal("network" in fileOf(kit, "near"), false)
})

test("SSRF-13 what outbound.allow names can be reached by those services, and nothing else", async (t) => {
  const service = await startService({ tools: [{ name: "greet", run: () => say("hello") }] })
  t.after(() => service.close())
  const { port } = new URL(service.url)
  const { reached } = await listenCounting(t, ["127.0.0.2"], Number(port))
  const kit = await openKit(t, inClear(["127.0.0.1/32"]))
  const editor = await kit.join("editor", editors)
  const allowed = await kit.run(editor, "register_service", { name: "allowed", url: service.url })
  assert.equal((allowed as { service: { state: string } }).service.state, "up")
  assert.equal(
    await isTaken(kit.run(editor, "register_service", { name: "other", url: `http://127.0.0.2:${port}/mcp` })),
    false,
  )
  assert.deepEqual(reached, [])
})

test("SSRF-11 a diagnosis tells nobody what stands behind an address that may not be dialled", async (t) => {
  const { port, reached } = await listenCounting(t, ["127.0.0.1"])
  const kit = await openKit(t, openMachine({}, resolve))
  const editor = await kit.join("editor", { permissions: ["configure", "operate"], tools: all })
  const told = async (name: string, at: number): Promise<unknown> => {
    await kit.run(editor, "register_service", { name, enabled: false, url: `https://private.example:${at}/mcp` })
    const { steps } = (await kit.run(editor, "diagnose_service", { name })) as { steps: { message: string }[] }
    return steps.map(({ message }) => message)
  }
  const open = await told("open", port)
  assert.deepEqual(open, await told("closed", 1))
  assert.doesNotMatch(JSON.stringify(open), /127\.0\.0\.1|listens/)
  assert.deepEqual(reached, [])
})

function tell(t: TestContext, figures: object): void {
  t.diagnostic(JSON.stringify(figures))
}
