/**
 * A bad network between a client and the gateway: a fault in the middle of its calls, by each way in. What the client is
 * told is as good as its network; the gateway keeps nothing of it, and it is served again when it comes anew.
 */

import { setTimeout as sleep } from "node:timers/promises"
import { eventually } from "../../journeys/eventually.ts"
import { bearer, httpPipe } from "../../journeys/http-pipe.ts"
import { openPeer, type Peer, type Pipe } from "../../journeys/peer.ts"
import { ssePipe } from "../../journeys/sse-pipe.ts"
import { webSocketPipe } from "../../journeys/websocket-pipe.ts"
import { ask, type Asked } from "../world/asked.ts"
import type { Ground } from "../world/ground.ts"
import { startFaultd } from "./faultd.ts"
import type { NetworkFault } from "./faults.ts"
import { inject, type Injected } from "./inject.ts"
import { amplyMs, values, type Transport } from "./service-side.ts"

type Way = { readonly origin: string; readonly key: string }

const peers: Readonly<Record<Transport, (way: Way) => Promise<Peer>>> = {
  modern: ({ origin, key }) => openPeer(httpPipe(`${origin}/mcp`, bearer(key))),
  legacy: async ({ origin, key }) => {
    const pipe = httpPipe(`${origin}/mcp`, bearer(key))
    const peer = await openPeer(pipe, { era: "legacy" })
    await pipe.openStream()
    return peer
  },
  sse: async ({ origin, key }) => openPeer(await ssePipe(`${origin}/sse`, bearer(key)), { era: "legacy" }),
  websocket: async ({ origin, key }) => openPeer(await openSocket(`${origin}/mcp`, key), { era: "legacy" }),
}

/** What a client waits before it takes its connection for dead. */
const patienceMs = 1_000

export type ClientFault = {
  readonly fault: NetworkFault
  readonly transport: Transport
  readonly key: string
  /** That is healthy. */
  readonly service: string
}

export async function spoilClient(
  ground: Ground,
  { fault, transport, key, service }: ClientFault,
): Promise<Injected> {
  const faultd = await startFaultd(Number(new URL(ground.gateway.origin).port))
  const way = { origin: `http://127.0.0.1:${faultd.port}`, key }
  let peer = await peers[transport](way)
  const giveUpMs = fault.harmless ? amplyMs : patienceMs
  const call = (): Promise<Asked> => patiently(ask(peer, service, { values, giveUpMs }), 2 * giveUpMs)
  const onceOver = async (): Promise<void> => {
    void peer.close().catch(() => {})
    await eventually("a client comes anew", () => comeAnew().catch(() => false))
  }
  const comeAnew = async (): Promise<boolean> => {
    peer = await peers[transport](way)
    return true
  }
  try {
    return await inject(fault, { faultd, way: `${transport} from a client`, call, onceOver })
  } finally {
    await faultd.close()
    void peer.close().catch(() => {})
  }
}

/** A client whose connection has died without a word would wait for good. */
async function patiently(asked: Promise<Asked>, tookMs: number): Promise<Asked> {
  const nothing: Asked = { service: "", nonce: "", fate: { kind: "cut", message: "no word" }, tookMs }
  return Promise.race([asked, sleep(tookMs, nothing, { ref: false })])
}

async function openSocket(url: string, key: string): Promise<Pipe> {
  const pipe = await webSocketPipe(url, bearer(key))
  pipe.socket.on("error", () => {})
  return pipe
}
