/** A governed modern `tools/call` over HTTP beside its yardsticks. */

import { startGateway } from "../test/support/gateway.ts"
import { start, urlIn } from "../test/support/process.ts"
import { measureAll, subject } from "./subject.ts"
import { summarize, type Row } from "./table.ts"

const connections = 32

export async function benchCall(): Promise<readonly Row[]> {
  const upstream = await start({ args: ["bench/upstream.ts"], ready: /^listening / })
  const direct = urlIn(upstream.line)
  const proxy = await start({ args: ["bench/bare-proxy.ts", direct], ready: /^listening / })
  const gateway = await startGateway({ services: { bench: { url: direct } } })
  const yardstick = subject("bare Node proxy", { url: urlIn(proxy.line), tool: "bench__echo", connections }, proxy)
  const subjects = [
    subject("direct", { url: direct, tool: "echo", connections }, upstream),
    yardstick,
    subject("gateway", { url: gateway.url, tool: "bench__echo", key: gateway.key, connections }, gateway.process),
  ]
  await measureAll(subjects)
  await Promise.all([gateway.stop(), proxy.stop(), upstream.stop()])
  return summarize(subjects, yardstick)
}
