/** DS-19: whatever HTTP answers in place of MCP, the caller is told what it was, and nobody is asked twice. */

import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { eventually } from "../../journeys/eventually.ts"
import { bearer, httpPipe } from "../../journeys/http-pipe.ts"
import { listNames, openPeer, type Peer } from "../../journeys/peer.ts"
import { startGateway, type TestGateway } from "../../support/gateway.ts"
import { complaintsOf } from "../world/meter.ts"
import { oddAnswers, type OddAnswer } from "./odd-answers.ts"
import { startOddService, type OddService } from "./odd-service.ts"

const limits = { timeoutMs: 3_000, maxTimeMs: 4_000 }
/** Off: each answer is to be heard. */
const breaker = { failures: 0, failurePercent: 0 }
let odd: OddService
let gateway: TestGateway
let client: Peer

before(async () => {
  odd = await startOddService()
  const at = (path: string): object => ({
    type: "http",
    url: `http://127.0.0.1:${odd.port}/${path}`,
    ...limits,
    breaker,
  })
  gateway = await startGateway({ services: { modern: at("modern"), legacy: at("legacy") } })
  client = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  const all = 2 * Object.keys(oddAnswers).length
  await eventually("all tools are listed", async () => {
    const names = await listNames(client)
    return names.filter((name) => /^(?:modern|legacy)__/.test(name)).length === all
  })
})

after(async () => {
  await client.close()
  await gateway.stop()
  await odd.close()
})

for (const era of ["modern", "legacy"])
  test(
    `DS-19 an odd answer of a ${era} service is told for what it is, and asked for once`,
    { timeout: 120_000 },
    async () => {
      const told = await Promise.all(Object.entries(oddAnswers).map((each) => problemWith(era, each)))
      assert.deepEqual(told.flat(), [])
      assert.equal(odd.followed, 0)
      assert.deepEqual(complaintsOf(gateway.process), [])
    },
  )

async function problemWith(era: string, [tool, expected]: [string, OddAnswer]): Promise<readonly string[]> {
  const { error, text } = await client.tool(`${era}__${tool}`)
  const times = odd.called.get(`/${era} ${tool}`)
  return [
    ...(error && expected.told.test(error.message) ? [] : [`${tool}: ${text}`]),
    ...(error?.data?.["retryAfterMs"] === expected.retryAfterMs ? [] : [`${tool}: come back when? ${text}`]),
    ...(times === 1 ? [] : [`${tool}: asked ${times} times`]),
  ]
}
