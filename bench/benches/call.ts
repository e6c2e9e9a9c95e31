/**
 * A governed modern `tools/call` over HTTP (key, policy, two quotas, two entries on record) beside its yardsticks, and
 * what the record takes of it.
 */

import { connections, measureAll, subject, type Subject } from "../measure/subject.ts"
import type { Effort } from "../measure/effort.ts"
import { modernCall } from "../measure/request.ts"
import { summarize } from "../measure/rows.ts"
import type { Table } from "../measure/table.ts"
import { startForgetful, startGoverned, type Gateway } from "../subjects/gateway.ts"
import { startUpstream } from "../subjects/upstream.ts"
import { startBareProxy, startNginx, startRecordingProxy } from "../subjects/yardsticks.ts"

const tool = "bench__echo"

export async function benchCall(effort: Effort): Promise<readonly Table[]> {
  await using upstream = await startUpstream()
  const url = upstream.url()
  const services = { bench: { url } }
  await using nginx = await startNginx(url)
  await using bare = await startBareProxy(url)
  await using recording = await startRecordingProxy(url)
  await using forgetful = await startForgetful(services)
  await using governed = await startGoverned({ services })
  await using power = await startGoverned({ services, args: ["--audit-sync", "power"] })
  const gateway = (name: string, under: Omit<Gateway, "restart">, open: number): Subject =>
    subject(name, modernCall({ ...under, tool }), under, open)
  const subjectsAt = (open: number): readonly [Subject, ...Subject[]] => [
    subject("bare Node proxy", modernCall({ url: bare.url, tool }), bare, open),
    subject("bare Node proxy, on record", modernCall({ url: recording.url, tool }), recording, open),
    subject("direct", modernCall({ url, tool: "echo" }), upstream, open),
    subject("nginx", modernCall({ url: nginx.url, tool: "echo" }), nginx, open),
    gateway("governed, audit process", governed, open),
    gateway("governed, audit power", power, open),
    gateway("governed, no record", forgetful, open),
  ]
  const tables: Table[] = []
  for (const open of [connections, 1]) {
    const subjects = subjectsAt(open)
    await measureAll(subjects, effort, () => upstream.calls())
    tables.push({
      title: `A governed call, ${open} connection${open === 1 ? "" : "s"}`,
      about: `Modern tools/call over HTTP: a request of ${subjects[0].call.body.length} bytes, an answer of about 300. The yardstick is the bare Node proxy.`,
      rows: summarize(subjects, { yardstick: subjects[0] }),
    })
  }
  return tables
}
