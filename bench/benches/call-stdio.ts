/** A governed modern call to a service on a pipe, one child for all, beside the least that can share a pipe. */

import type { Effort } from "../measure/effort.ts"
import { modernCall } from "../measure/request.ts"
import { summarize } from "../measure/rows.ts"
import { measureAll, subject } from "../measure/subject.ts"
import type { Table } from "../measure/table.ts"
import { startGoverned } from "../subjects/gateway.ts"
import { startUpstream } from "../subjects/upstream.ts"
import { startMultiplexer } from "../subjects/yardsticks.ts"

export async function benchCallStdio(effort: Effort): Promise<readonly Table[]> {
  await using upstream = await startUpstream()
  const { command } = upstream
  const legacyArgs = upstream.argsOf({ era: "legacy" })
  await using multiplexer = await startMultiplexer(command, upstream.argsOf())
  await using governed = await startGoverned({
    services: {
      bench: { command, args: upstream.argsOf() },
      benchlegacy: { command, args: legacyArgs },
    },
  })
  const yardstick = subject(
    "newline multiplexer",
    modernCall({ url: multiplexer.url, tool: "bench__echo" }),
    multiplexer,
  )
  const subjects = [
    yardstick,
    subject("governed, modern service", modernCall({ ...governed, tool: "bench__echo" }), governed),
    subject("governed, legacy service", modernCall({ ...governed, tool: "benchlegacy__echo" }), governed),
  ]
  await measureAll(subjects, effort)
  return [
    {
      title: "A governed call to a service on a pipe, 32 connections",
      about:
        "Modern tools/call over HTTP to one child over stdio. The yardstick is a newline multiplexer of the same shape.",
      rows: summarize(subjects, { yardstick }),
    },
  ]
}
