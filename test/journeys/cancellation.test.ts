/** Who cancels a call has it cancelled at the service, whatever the eras of the two. */
import assert from "node:assert/strict"
import { setTimeout as sleep } from "node:timers/promises"
import { after, before, test } from "node:test"
import { startGateway, type TestGateway } from "../support/gateway.ts"
import { eventually } from "./eventually.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { listNames, openPeer, type Peer } from "./peer.ts"
import { say, startService, type ScriptedService, type ServiceTool } from "./scripted-service.ts"
import { webSocketPipe } from "./websocket-pipe.ts"

const limit = { timeout: 120_000 }

let begun = 0
let cancelled = 0
let services: readonly ScriptedService[]
let gateway: TestGateway

const slow: ServiceTool = {
  name: "slow",
  run: async ({ signal }) => {
    begun += 1
    signal.addEventListener("abort", () => (cancelled += 1))
    await sleep(100_000, undefined, { signal }).catch(() => {})
    return say("too late")
  },
}

before(async () => {
  services = await Promise.all([
    startService({ tools: [slow], era: "legacy" }),
    startService({ tools: [slow], era: "modern" }),
  ])
  gateway = await startGateway({
    services: { legacy: { url: services[0]?.url }, modern: { url: services[1]?.url } },
  })
  const client = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  await listNames(client) // waits until both were heard
  await client.close()
})

after(async () => {
  await gateway?.stop()
  await Promise.all(services.map((service) => service.close()))
})

for (const service of ["legacy", "modern"]) {
  test(`a modern client that hangs up cancels at a ${service} service`, limit, async (t) => {
    const client = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
    t.after(() => client.close())
    const hangUp = new AbortController()
    await cancelling(client, service, async () => hangUp.abort(), hangUp.signal)
  })

  test(`a legacy client that says so cancels at a ${service} service`, limit, async (t) => {
    const client = await openPeer(httpPipe(gateway.url, bearer(gateway.key)), { era: "legacy" })
    t.after(() => client.close())
    await cancelling(client, service, (requestId) => client.notify("notifications/cancelled", { requestId }))
  })

  test(`a client whose WebSocket breaks cancels at a ${service} service`, limit, async () => {
    const pipe = await webSocketPipe(gateway.url, bearer(gateway.key))
    const client = await openPeer(pipe, { era: "legacy" })
    await cancelling(client, service, async () => pipe.socket.terminate())
  })
}

async function cancelling(
  client: Peer,
  service: string,
  cancel: (requestId: number) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const before = { begun, cancelled }
  const call = client.tool(`${service}__slow`, {}, signal ? { signal } : {})
  call.catch(() => {})
  await eventually("the service works on the call", () => begun === before.begun + 1)
  await cancel(client.lastId)
  await eventually("the service heard of the cancellation", () => cancelled === before.cancelled + 1)
  assert.equal(begun, before.begun + 1)
}
