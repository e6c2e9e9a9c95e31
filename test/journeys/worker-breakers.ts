/** Services that fail for workers, and how the gateway tells of them: the process that tells made none of the calls. */
import assert from "node:assert/strict"
import type { TestContext } from "node:test"
import { failingService } from "../fleet/links/failing-service.ts"
import type { TestGateway } from "../support/gateway.ts"
import { rest } from "../support/rest.ts"
import { administratorOf } from "./administrator.ts"
import { eventually } from "./eventually.ts"
import type { Peer } from "./peer.ts"

type Service = {
  readonly name: string
  readonly state: string
  readonly endpoints: readonly { readonly breaker: string; readonly openWorkers?: number }[]
}

const patienceMs = 30_000
const longMs = 600_000
const shortMs = 50

/** @param endWorkers resolves when others are in their place */
export async function watchBreakers(
  t: TestContext,
  gateway: TestGateway,
  endWorkers: () => Promise<void>,
): Promise<void> {
  const [bad, well] = [await failingService(t, "500"), await failingService(t, "500")]
  const breaker = (waitMs: number): object => ({ failures: 2, waitMs, maxWaitMs: waitMs })
  await gateway.drop("bad", { url: bad.url, breaker: breaker(longMs) })
  await gateway.drop("well", { url: well.url, breaker: breaker(shortMs) })
  const admin = await administratorOf(t, gateway)
  for (const name of ["bad", "well"]) await failUntilLeftAlone(admin, name)
  await eventually(
    "it is seen to be left alone",
    async () => isOpen(await readService(gateway, "bad")),
    patienceMs,
  )
  const { state, endpoints } = (await readService(gateway, "bad")) ?? {}
  assert.ok((endpoints?.[0]?.openWorkers ?? 0) >= 1)
  assert.equal(state, "degraded")
  assert.match(await issuesOf(gateway, "bad"), /failed too often for \d of the gateway's workers/)
  const { body } = await rest(gateway, "GET", "/health-checks?name=bad")
  assert.match(JSON.stringify(body), /its breaker is open/)

  well.way = "well"
  await eventually(
    "a call that tries it closes it",
    async () => {
      await admin.tool("well__do")
      return isWell(await readService(gateway, "well"))
    },
    patienceMs,
  )
  assert.equal(await issuesOf(gateway, "well"), "[]")

  await endWorkers()
  await eventually(
    "what ended workers said is forgotten",
    async () => isWell(await readService(gateway, "bad")),
    patienceMs,
  )
}

/** Whichever worker makes the calls: each finds out for itself. */
async function failUntilLeftAlone(admin: Peer, name: string): Promise<void> {
  await eventually(
    "it is left alone",
    async () => {
      const { error } = await admin.tool(`${name}__do`)
      return /left alone/.test(error?.message ?? "")
    },
    patienceMs,
  )
}

async function readService(gateway: TestGateway, name: string): Promise<Service | undefined> {
  const { body } = await rest(gateway, "GET", "/services")
  return (body as { services: readonly Service[] }).services.find((one) => one.name === name)
}

function isOpen(service: Service | undefined): boolean {
  return service?.endpoints[0]?.breaker === "open"
}

function isWell(service: Service | undefined): boolean {
  const [endpoint] = service?.endpoints ?? []
  return service?.state === "up" && endpoint?.breaker === "closed" && endpoint.openWorkers === undefined
}

async function issuesOf(gateway: TestGateway, name: string): Promise<string> {
  const { body } = await rest(gateway, "GET", `/issues?service=${name}`)
  return JSON.stringify((body as { issues: object[] }).issues)
}
