/**
 * DS-17 and DS-18: services that cannot be reached, or whose TLS cannot be trusted, over each transport. None is sent a
 * request, and of each it is said why, in words that tell what to do.
 */

import assert from "node:assert/strict"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { eventually } from "../../journeys/eventually.ts"
import { startGateway, type TestGateway } from "../../support/gateway.ts"
import { root, start, urlIn, type Running } from "../../support/process.ts"
import { rest } from "../../support/rest.ts"
import { complaintsOf } from "../world/meter.ts"
import { openBadPlaces, type BadPlace, type BadPlaces } from "./bad-places.ts"

const transports = {
  http: { schemes: ["http", "https"], path: "/modern" },
  sse: { schemes: ["http", "https"], path: "/sse" },
  websocket: { schemes: ["ws", "wss"], path: "/websocket" },
} as const

type Transport = keyof typeof transports
type Status = { readonly state?: string; readonly lastError?: { readonly message: string } }

/** The longest that a connection may take, and then some. */
const settledMs = 30_000
const limit = { timeout: 120_000 }

let folder: string
let service: Running
let bad: BadPlaces
let gateway: TestGateway

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcp-meta-places-"))
  const script = join(root, "test/faults/network/noting-service.ts")
  service = await start({ args: [script, join(folder, "executed")], ready: /^listening / })
  bad = await openBadPlaces(Number(new URL(urlIn(service.line)).port))
  await writeFile(join(folder, "trusted.pem"), bad.trusted)
  gateway = await startGateway({
    services: Object.fromEntries(
      [...bad.places, bad.good].flatMap((place) => keys().map((type) => [nameOf(place, type), at(place, type)])),
    ),
    env: { NODE_EXTRA_CA_CERTS: join(folder, "trusted.pem"), MCP_META_LOG_LEVEL: "error" },
  })
})

after(async () => {
  await gateway.stop()
  await bad.close()
  await service.stop("SIGKILL")
  await rm(folder, { recursive: true, force: true })
})

for (const type of keys())
  test(
    `DS-17 DS-18 a ${type} service that cannot be reached or trusted is down, and it is said why`,
    limit,
    async () => {
      const problems = await Promise.all(bad.places.map((place) => problemWith(place, type)))
      assert.deepEqual(problems.flat(), [])
      await eventually("the good one is up", async () => (await statusOf(bad.good, type)).state === "up")
      assert.equal(bad.leakedBytes, 0, "no request was sent to where it must not be")
      assert.deepEqual(complaintsOf(gateway.process), [])
    },
  )

async function problemWith(place: BadPlace, type: Transport): Promise<readonly string[]> {
  const isDown = async (): Promise<boolean> => (await statusOf(place, type)).state === "down"
  await eventually(`${nameOf(place, type)} is down`, isDown, settledMs)
  const { lastError } = await statusOf(place, type)
  const message = lastError?.message ?? "nothing"
  return place.told.test(message) ? [] : [`${nameOf(place, type)}: ${message}`]
}

async function statusOf(place: BadPlace, type: Transport): Promise<Status> {
  const { body } = await rest(gateway, "GET", `/services/${nameOf(place, type)}`)
  return (body as { service?: Status }).service ?? {}
}

function at({ secure, host }: BadPlace, type: Transport): object {
  const { schemes, path } = transports[type]
  return { type, url: `${schemes[secure ? 1 : 0]}://${host}${path}` }
}

function nameOf({ name }: BadPlace, type: Transport): string {
  return `${type}-${name}`
}

function keys(): readonly Transport[] {
  return Object.keys(transports) as Transport[]
}
