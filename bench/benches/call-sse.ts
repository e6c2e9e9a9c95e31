/** A governed modern call that its service answers with a stream of events. */

import type { Effort } from "../measure/effort.ts"
import { modernCall } from "../measure/request.ts"
import { summarize } from "../measure/rows.ts"
import { measureAll, subject } from "../measure/subject.ts"
import type { Table } from "../measure/table.ts"
import { startGoverned } from "../subjects/gateway.ts"
import { startUpstream } from "../subjects/upstream.ts"
import { startBareProxy, startNginx } from "../subjects/yardsticks.ts"

export async function benchCallSse(effort: Effort): Promise<readonly Table[]> {
  await using upstream = await startUpstream()
  const url = upstream.url({ sse: 1 })
  await using nginx = await startNginx(url)
  await using bare = await startBareProxy(url)
  await using governed = await startGoverned({ services: { bench: { url }, benchjson: { url: upstream.url() } } })
  const yardstick = subject("bare Node proxy", modernCall({ url: bare.url, tool: "bench__echo" }), bare)
  const subjects = [
    yardstick,
    subject("nginx", modernCall({ url: nginx.url, tool: "echo" }), nginx),
    subject("governed, answered by a stream", modernCall({ ...governed, tool: "bench__echo" }), governed),
    subject("governed, answered by JSON", modernCall({ ...governed, tool: "benchjson__echo" }), governed),
  ]
  await measureAll(subjects, effort, () => upstream.calls())
  return [
    {
      title: "A governed call whose service answers with a stream, 32 connections",
      about: "The service sends its answer as one event. The bare Node proxy, the yardstick, passes the bytes on.",
      rows: summarize(subjects, { yardstick }),
    },
  ]
}
