/** LIF-07: the certificate of a gateway is replaced again and again while calls are made and one is open all the time. */
import { X509Certificate } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import { Agent, fetch as fetchWith } from "undici"
import type { Figures } from "../faults/figures.ts"
import { eventually } from "../journeys/eventually.ts"
import { bearer, httpPipe } from "../journeys/http-pipe.ts"
import { openPeer, textOf, type Peer } from "../journeys/peer.ts"
import { say, startService } from "../journeys/scripted-service.ts"
import { knock } from "./knock.ts"
import { serverCertificate, startTlsGateway, type TlsGateway } from "./tls-gateway.ts"

type Load = { readonly calls: number; readonly failures: readonly string[] }

/** Looks at so many new connections: each worker is met. */
const looks = 4
const restMs = 25

export async function replaceCertificates(args: readonly string[], rounds: number): Promise<Figures> {
  const open = Promise.withResolvers<object>()
  const service = await startService({ tools: [{ name: "work" }, { name: "wait", run: () => open.promise }] })
  const tls = await startTlsGateway({ services: { scripted: { url: service.url } }, args })
  const stopping = new AbortController()
  const violations: string[] = []
  const agents = [
    new Agent({ connect: { ca: tls.authority.cert } }),
    new Agent({ connect: { ca: tls.authority.cert }, pipelining: 0 }),
  ]
  try {
    const peers = await Promise.all(agents.map((agent) => peerOf(tls, agent)))
    await eventually(
      "the tools are there",
      async () => textOf((await peers[0]?.tool("scripted__work")) as never) === "work",
    )
    const waiting = peers[0]?.tool("scripted__wait")
    const loads = peers.map((peer) => callOn(peer, stopping.signal))
    for (let round = 0; round < rounds; round += 1) violations.push(...(await replaceOnce(tls)))
    stopping.abort()
    const done = await Promise.all(loads)
    open.resolve(say("late"))
    const late = await waiting
    if (!late || textOf(late) !== "late") violations.push(`the call that was open all the time: ${late?.text}`)
    violations.push(...done.flatMap(({ failures }) => failures))
    const calls = done.reduce((sum, load) => sum + load.calls, 0)
    return {
      suite: `reloads of TLS ${args.join(" ")}`,
      figures: { reloads: rounds, calls, failed: violations.length },
      violations,
    }
  } finally {
    stopping.abort()
    await Promise.all(agents.map((agent) => agent.destroy()))
    await tls.stop()
    await service.close()
  }
}

async function replaceOnce({ gateway, authority, replace }: TlsGateway): Promise<readonly string[]> {
  const next = serverCertificate(authority)
  const { fingerprint256 } = new X509Certificate(next.cert)
  const served = async (): Promise<readonly string[]> => {
    const seen = await Promise.all(
      Array.from({ length: looks }, () => knock(gateway.origin, { ca: authority.cert })),
    )
    return seen.map(({ fingerprint }) => fingerprint)
  }
  const told = (): number => gateway.process.stderr().split("certificate of HTTPS was renewed").length
  const before = told()
  await replace("cert.pem", next.cert)
  await replace("key.pem", next.key)
  await eventually("the log tells", () => told() > before, 30_000)
  await eventually(
    "every new connection is served by the new certificate",
    async () => (await served()).every((one) => one === fingerprint256),
    30_000,
  )
  const later = await served()
  return later.filter((one) => one !== fingerprint256).map(() => "An old certificate was served once more.")
}

async function callOn(peer: Peer, signal: AbortSignal): Promise<Load> {
  const failures: string[] = []
  let calls = 0
  while (!signal.aborted) {
    const said = await peer.tool("scripted__work").then(textOf, String)
    calls += 1
    if (said !== "work") failures.push(`a call: ${said}`)
    await sleep(restMs)
  }
  return { calls, failures }
}

function peerOf({ gateway }: TlsGateway, dispatcher: Agent): Promise<Peer> {
  const fetching = ((url: string, init: object) =>
    fetchWith(url, { ...init, dispatcher })) as unknown as typeof fetch
  return openPeer(httpPipe(gateway.url, bearer(gateway.key), { fetch: fetching }))
}
