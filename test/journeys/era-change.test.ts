/** Services that come back in the other era, as they do when they are upgraded: nobody has to tell the gateway. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { startGateway } from "../support/gateway.ts"
import { start, urlIn } from "../support/process.ts"
import { eventually } from "./eventually.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { perform } from "./operations.ts"
import { listNames, openPeer, textOf } from "./peer.ts"

const limit = { timeout: 120_000 }
const simple = "fixture__test_simple_text"

for (const [before, after] of [
  ["legacy", "modern"],
  ["modern", "legacy"],
]) {
  test(`a ${before} service that comes back as a ${after} one is served by the first call`, limit, async (t) => {
    let fixture = await start({
      args: [`test/fixtures/${before}/http.ts`],
      env: { PORT: "0" },
      ready: /^listening /,
    })
    t.after(() => fixture.stop("SIGKILL"))
    const url = urlIn(fixture.line)
    const gateway = await startGateway({ services: { fixture: { url, pin: "off" } } })
    t.after(() => gateway.stop())
    const client = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
    t.after(() => client.close())
    await listNames(client)
    assert.match(textOf(await client.tool(simple)), /simple text/)

    await fixture.stop("SIGKILL")
    const env = { PORT: new URL(url).port }
    fixture = await start({ args: [`test/fixtures/${after}/http.ts`], env, ready: /^listening / })
    assert.match(textOf(await client.tool(simple)), /simple text/)
    await eventually("its era is known", async () => {
      const { services } = (await perform(client, "list_services")) as { services: { era?: string }[] }
      return services[0]?.era === after
    })
  })
}
