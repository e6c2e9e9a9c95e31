/** A gateway of one test's own and its administrator's client, both gone when the test ends. */
import type { TestContext } from "node:test"
import { startGateway, type GatewayOptions, type TestGateway } from "../support/gateway.ts"
import { bearer, httpPipe } from "./http-pipe.ts"
import { openPeer, type Peer } from "./peer.ts"

export async function gatewayFor(t: TestContext, options: GatewayOptions): Promise<TestGateway> {
  const gateway = await startGateway(options)
  t.after(() => gateway.stop())
  return gateway
}

/** A modern client. */
export async function administratorOf(t: TestContext, gateway: TestGateway): Promise<Peer> {
  const client = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  t.after(() => client.close())
  return client
}
