/**
 * The gateway's own state as resources, read and watched by real clients of both eras while it changes: each shows and
 * tells what its reader may see, and nothing else. The gateway has workers, so all of it comes the longest way there is.
 */
import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { errorTable } from "../../src/errors.ts"
import type { Driver } from "../matrix/driver.ts"
import { openNewSdk } from "../matrix/clients/new-sdk.ts"
import { openOldSdk } from "../matrix/clients/old-sdk.ts"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { createAgent, rest } from "../support/rest.ts"
import { eventually } from "./eventually.ts"
import { bearer } from "./http-pipe.ts"

const limit = { timeout: 120_000 }
const updated = "notifications/resources/updated"
const watched = [
  "gateway://services/one",
  "gateway://quotas/me",
  "gateway://health",
  "gateway://issues",
  "gateway://plans",
]

let gateway: TestGateway
/** An agent that may observe, by its client. */
let observers: Readonly<Record<"old SDK" | "new SDK, legacy" | "new SDK, modern", Driver>>
/** May see itself and nothing else. */
let plain: Driver
const drivers: Driver[] = []

before(async () => {
  const off = { url: "http://127.0.0.1:9/mcp", enabled: false }
  gateway = await startGateway({
    services: { one: off, other: off },
    args: ["--workers", "2", "--outbound-http", "--outbound-allow", "127.0.0.0/8"],
  })
  const observer = doorOf(await createAgent(gateway, "observer", { permissions: ["observe"] }))
  const modest = doorOf(await createAgent(gateway, "plain", { permissions: ["self:read"] }))
  observers = {
    "old SDK": await openOldSdk(observer),
    "new SDK, legacy": await openNewSdk(observer, "legacy"),
    "new SDK, modern": await openNewSdk(observer, "modern"),
  }
  plain = await openNewSdk(modest, "modern")
  drivers.push(...Object.values(observers), plain)
  for (const driver of Object.values(observers)) for (const uri of watched) await driver.watch(uri)
  for (const uri of watched) await plain.watch(uri)
}, limit)

after(async () => {
  for (const driver of drivers) await driver.close()
  await gateway?.stop()
})

function doorOf(key: string): { origin: string; headers: Record<string, string> } {
  return { origin: gateway.origin, headers: bearer(key) }
}

/** The updates that a client has heard of, by URI. */
function updatesOf({ heard }: Driver): string[] {
  return heard.filter(({ method }) => method === updated).map(({ params }) => String(params["uri"]))
}

async function change(method: string, path: string, body?: object): Promise<void> {
  const answer = await rest(gateway, method, path, body)
  assert.ok(answer.status < 300, JSON.stringify(answer.body))
}

async function textOf(driver: Driver, uri: string): Promise<Record<string, unknown>> {
  const { contents } = (await driver.read(uri)) as { contents: { text: string }[] }
  return JSON.parse(contents[0]?.text ?? "") as Record<string, unknown>
}

const urisOf = async (driver: Driver): Promise<string[]> =>
  (await driver.items("resources")).map(({ uri = "" }) => uri)

test("ISO-18 listed is what can be read, in both eras, and no more than the reader may see", limit, async () => {
  for (const [client, driver] of Object.entries(observers)) {
    const uris = await urisOf(driver)
    assert.deepEqual(
      uris,
      [
        "gateway://audit/head",
        "gateway://health",
        "gateway://issues",
        "gateway://plans",
        "gateway://quotas/me",
        "gateway://services/one",
        "gateway://services/other",
      ],
      client,
    )
    for (const uri of uris) assert.ok(await textOf(driver, uri), uri)
    const templates = await driver.items("templates")
    assert.deepEqual(templates.map(({ uriTemplate }) => uriTemplate), ["gateway://services/{name}"]) // oxfmt-ignore
  }
  assert.deepEqual(await urisOf(plain), ["gateway://quotas/me"])
  assert.deepEqual(await plain.items("templates"), [])
  for (const uri of [...watched.filter((uri) => !uri.endsWith("/me")), "gateway://services/{name}", "gateway://x"])
    await assert.rejects(plain.read(uri), /Unknown resource/)
})

test("the template's name is completed for who may see services", limit, async () => {
  const reference = { type: "ref/resource", uri: "gateway://services/{name}" } as const
  for (const driver of Object.values(observers)) {
    assert.deepEqual(await driver.complete(reference, { name: "name", value: "o" }), ["one", "other"])
    assert.deepEqual(await driver.complete(reference, { name: "name", value: "ot" }), ["other"])
    assert.deepEqual(await driver.complete(reference, { name: "file", value: "o" }), [])
    const issues = { type: "ref/resource", uri: "gateway://issues" } as const
    assert.deepEqual(await driver.complete(issues, { name: "name", value: "o" }), [])
  }
  await assert.rejects(plain.complete(reference, { name: "name", value: "o" }), /Unknown resource/)
})

test("health as a resource asks nobody, and says what is known", limit, async () => {
  const health = await textOf(observers["new SDK, modern"], "gateway://health")
  assert.deepEqual([health["healthy"], health["checks"]], [true, []])
})

test("a service that changes is told to who watches it, another's change is not", limit, async () => {
  const [before, unseen] = [counts(), updatesOf(plain).length]
  await change("PATCH", "/services/other", { tags: ["changed"] })
  await change("PATCH", "/services/one", { tags: ["changed"] })
  for (const [client, driver] of Object.entries(observers)) {
    await eventually(`${client} is told`, () => countOf(driver, "gateway://services/one") > (before[client] ?? 0))
    assert.deepEqual((await textOf(driver, "gateway://services/one"))["definition"], {
      type: "http",
      ...((await textOf(driver, "gateway://services/one"))["definition"] as object),
      tags: ["changed"],
    })
    assert.deepEqual(updatesOf(driver).filter((uri) => uri.endsWith("other")), [], client) // oxfmt-ignore
  }
  assert.equal(updatesOf(plain).length, unseen)
})

test("ISO-18 a quota is told to whom it covers, and to nobody else", limit, async () => {
  const quota = { target: "everything", limit: 5, unit: "calls", window: "hour", contact: "ops@example.com" }
  await change("PUT", "/quotas", { ...quota, subject: "principal:plain" })
  await eventually("the agent is told of its quota", () => countOf(plain, "gateway://quotas/me") === 1)
  await change("PUT", "/quotas", { ...quota, subject: "principal:observer" })
  for (const driver of Object.values(observers)) {
    await eventually("the observer is told of its own", () => countOf(driver, "gateway://quotas/me") > 0)
    assert.equal(countOf(driver, "gateway://quotas/me"), 1)
  }
  assert.equal(countOf(plain, "gateway://quotas/me"), 1)
  assert.deepEqual(new Set(updatesOf(plain)), new Set(["gateway://quotas/me"]))
})

test("ISO-18 a plan is told to its proposer and to who decides on it, and to nobody else", limit, async () => {
  const key = await createAgent(gateway, "proposer", { permissions: ["configure"] })
  const proposer = await openNewSdk(doorOf(key), "modern")
  const decider = await openNewSdk(doorOf(gateway.key), "modern")
  drivers.push(proposer, decider)
  for (const driver of [proposer, decider]) await driver.watch("gateway://plans")
  const body = { name: "far", url: "http://127.0.0.1:9/mcp", enabled: false }
  const { status } = await rest({ ...gateway, key }, "POST", "/services", body)
  assert.equal(status, errorTable.plan_required.status)
  for (const driver of [proposer, decider]) {
    await eventually("they are told", () => countOf(driver, "gateway://plans") > 0)
    assert.equal(((await textOf(driver, "gateway://plans"))["plans"] as unknown[]).length, 1)
  }
  for (const driver of Object.values(observers)) {
    assert.deepEqual((await textOf(driver, "gateway://plans"))["plans"], [])
    assert.equal(countOf(driver, "gateway://plans"), 0)
  }
})

test("what is wrong is told when it goes wrong, together with the health of all", limit, async () => {
  await gateway.drop("broken", "no service")
  for (const [client, driver] of Object.entries(observers))
    await eventually(`${client} is told of the issue`, () => countOf(driver, "gateway://issues") > 0)
  await gateway.drop("dead", { url: "http://127.0.0.1:9/mcp" })
  for (const [client, driver] of Object.entries(observers))
    await eventually(`${client} is told of the health`, () => countOf(driver, "gateway://health") > 0)
})

test("a service that is removed is told a last time, and is a resource no longer", limit, async () => {
  const before = counts()
  const known = Object.values(observers).map(({ heard }) => heard.length)
  await change("DELETE", "/services/one")
  for (const [index, [client, driver]] of Object.entries(observers).entries()) {
    await eventually(`${client} is told`, () => countOf(driver, "gateway://services/one") > (before[client] ?? 0))
    await eventually(`${client} is told of the list`, () =>
      driver.heard.slice(known[index]).some(({ method }) => method === "notifications/resources/list_changed"),
    )
    assert.ok(!(await urisOf(driver)).includes("gateway://services/one"))
    await assert.rejects(driver.read("gateway://services/one"), /Unknown resource/)
  }
})

test("AUTHN-05 nobody is told anything by a key that is revoked", limit, async () => {
  const { body } = await rest(gateway, "GET", "/keys?principal=observer")
  const [key] = (body as { keys: { id: string }[] }).keys
  await change("DELETE", `/keys/${key?.id}`)
  const heard = Object.values(observers).map((driver) => updatesOf(driver).length)
  await change("DELETE", "/services/dead")
  const watcher = await openNewSdk(doorOf(gateway.key), "modern")
  drivers.push(watcher)
  await watcher.watch("gateway://issues")
  await gateway.drop("broken-too", "no service")
  await eventually("another is told", () => countOf(watcher, "gateway://issues") > 0)
  assert.deepEqual(
    Object.values(observers).map((driver) => updatesOf(driver).length),
    heard,
  )
})

function counts(): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(observers).map(([client, driver]) => [client, countOf(driver, "gateway://services/one")]),
  )
}

function countOf(driver: Driver, uri: string): number {
  return updatesOf(driver).filter((each) => each === uri).length
}
