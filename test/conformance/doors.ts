/**
 * The ways by which a suite can reach a fixture. The direct one shows that the fixture and the suite are right, so
 * that whatever fails through a gateway is the gateway's.
 */
import { startGateway } from "../support/gateway.ts"
import { startKeyedProxy } from "../support/keyed-proxy.ts"
import { createAgent } from "../support/rest.ts"

type Opened = { readonly url: string; readonly close: () => Promise<void> }

/** Given where a fixture listens and which endpoint to test, says where that is and ends what was started for it. */
export type Door = (fixtureUrl: string, endpoint: "service" | "all") => Promise<Opened>

export const doors: Readonly<Record<string, Door>> = {
  direct: async (url) => ({ url, close: async () => {} }),
  gateway: async (url, endpoint) => {
    const gateway = await startGateway({ services: { fixture: { url, pin: "off" } } })
    const everything = { allow: ["*"] }
    const key = await createAgent(gateway, "conformance", {
      tools: everything,
      prompts: everything,
      resources: everything,
    })
    const proxy = await startKeyedProxy(gateway.origin, key)
    const close = async (): Promise<void> => {
      await proxy.close()
      await gateway.stop()
    }
    return { url: `${proxy.origin}/mcp${endpoint === "service" ? "/fixture" : ""}`, close }
  },
}
