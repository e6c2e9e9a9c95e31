/** The governed call beside others: a naive gateway on the SDK, and the gateways that npm has. */

import type { Effort } from "../measure/effort.ts"
import { legacyCall, modernCall } from "../measure/request.ts"
import { summarize } from "../measure/rows.ts"
import { measureAll, subject } from "../measure/subject.ts"
import type { Table } from "../measure/table.ts"
import { startGoverned } from "../subjects/gateway.ts"
import { installPeers, startMcpHub, startMcpProxy, startSupergateway } from "../subjects/peers.ts"
import { startUpstream } from "../subjects/upstream.ts"
import { startBareProxy, startNaiveGateway } from "../subjects/yardsticks.ts"

export async function benchPeers(effort: Effort): Promise<readonly Table[]> {
  await installPeers()
  await using upstream = await startUpstream()
  const url = upstream.url()
  const services = {
    bench: { url },
    benchpipe: { command: upstream.command, args: upstream.argsOf() },
  }
  await using bare = await startBareProxy(url)
  await using naive = await startNaiveGateway(upstream.url({ era: "legacy" }))
  await using governed = await startGoverned({ services })
  await using mcpProxy = await startMcpProxy(upstream)
  await using supergateway = await startSupergateway(upstream)
  await using mcpHub = await startMcpHub(upstream)
  const yardstick = subject("bare Node proxy", modernCall({ url: bare.url, tool: "bench__echo" }), bare)
  const overHttp = subject(
    "governed, service over HTTP",
    modernCall({ ...governed, tool: "bench__echo" }),
    governed,
  )
  const peers = [mcpProxy, supergateway, mcpHub]
  const subjects = [
    yardstick,
    overHttp,
    subject("governed, service on a pipe", modernCall({ ...governed, tool: "benchpipe__echo" }), governed),
    subject("naive gateway on the SDK", legacyCall({ url: naive.url, tool: "bench__echo" }), naive),
    ...peers.map((peer) => subject(peer.name, peer.call, peer)),
  ]
  await measureAll(subjects, effort)
  const less = peers.map(({ name, less }) => `${name}: ${less}`).join(". ")
  return [
    {
      title: "Beside others, 32 connections",
      about: `The naive gateway and the peers do less: the naive one has no key, policy, quota or record. ${less}.`,
      rows: summarize(subjects, { yardstick, governed: overHttp }),
    },
  ]
}
