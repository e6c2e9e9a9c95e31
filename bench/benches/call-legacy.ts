/** Governed calls where the client, the service or both are of the legacy era. */

import type { Effort } from "../measure/effort.ts"
import { legacyCall, modernCall, openSession, type Asked } from "../measure/request.ts"
import { summarize } from "../measure/rows.ts"
import { measureAll, subject } from "../measure/subject.ts"
import type { Table } from "../measure/table.ts"
import { startGoverned } from "../subjects/gateway.ts"
import { startUpstream } from "../subjects/upstream.ts"
import { startBareProxy, startNaiveGateway } from "../subjects/yardsticks.ts"

export async function benchCallLegacy(effort: Effort): Promise<readonly Table[]> {
  await using upstream = await startUpstream()
  const legacyUrl = upstream.url({ era: "legacy" })
  await using bare = await startBareProxy(legacyUrl)
  await using naive = await startNaiveGateway(legacyUrl)
  await using governed = await startGoverned({
    services: { bench: { url: upstream.url() }, benchlegacy: { url: legacyUrl } },
  })
  const session = await openSession(governed.url, governed.key)
  const ofModern: Asked = { ...governed, tool: "bench__echo" }
  const ofLegacy: Asked = { ...governed, tool: "benchlegacy__echo" }
  const yardstick = subject("bare Node proxy", legacyCall({ url: bare.url, tool: "bench__echo" }), bare)
  const subjects = [
    yardstick,
    subject("governed, legacy client, modern service", legacyCall(ofModern, session), governed),
    subject("governed, legacy client, legacy service", legacyCall(ofLegacy, session), governed),
    subject("governed, modern client, legacy service", modernCall(ofLegacy), governed),
    subject("naive gateway on the SDK", legacyCall({ url: naive.url, tool: "bench__echo" }), naive),
  ]
  await measureAll(subjects, effort, () => upstream.calls())
  return [
    {
      title: "A governed call across the eras, 32 connections",
      about: "tools/call over HTTP; the legacy client has one session. The yardstick is the bare Node proxy.",
      rows: summarize(subjects, { yardstick }),
    },
  ]
}
