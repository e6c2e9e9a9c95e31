/** Governed calls with much to carry: both ways, and large answers to small questions; and the memory it takes. */

import type { Effort } from "../measure/effort.ts"
import { forgetPeak, peakMb, residentMb } from "../measure/process-figures.ts"
import { assertAnswers, modernCall } from "../measure/request.ts"
import { rounded, summarize } from "../measure/rows.ts"
import { measureAll, subject, type Subject } from "../measure/subject.ts"
import type { Row, Table } from "../measure/table.ts"
import { startGoverned } from "../subjects/gateway.ts"
import { startUpstream, type Upstream } from "../subjects/upstream.ts"
import { startBareProxy } from "../subjects/yardsticks.ts"

/** The largest leaves room for the rest of a request of 4 MiB. */
const sizes = { "1 KB": 1_000, "64 KB": 64_000, "1 MB": 1_000_000, "4 MB": 4_000_000 } as const
const connections = 8
const callsInSequence = 20

export async function benchPayload(effort: Effort): Promise<readonly Table[]> {
  await using upstream = await startUpstream()
  const both: Row[] = []
  const answers: Row[] = []
  for (const [said, bytes] of Object.entries(sizes)) {
    both.push(
      ...(await measureSize(effort, upstream, { said, argumentBytes: bytes, url: upstream.url({ echo: 1 }) })),
    )
    answers.push(...(await measureSize(effort, upstream, { said, url: upstream.url({ answer: bytes }) })))
  }
  const memory = `Added MB: the peak of ${callsInSequence} calls one after the other above what the process had before, after calls of 1 KB; every size has processes of its own.`
  return [
    {
      title: "Payloads both ways, 8 connections",
      about: `An argument of the size, an answer as large. ${memory}`,
      rows: both,
    },
    {
      title: "Large answers, 8 connections",
      about: `A small request, an answer of the size. ${memory}`,
      rows: answers,
    },
  ]
}

type Size = { readonly said: string; readonly argumentBytes?: number; readonly url: string }

async function measureSize(
  effort: Effort,
  upstream: Upstream,
  { said, url, ...size }: Size,
): Promise<readonly Row[]> {
  await using bare = await startBareProxy(url)
  await using governed = await startGoverned({ services: { bench: { url } } })
  const yardstick = subject(
    `${said}: bare Node proxy`,
    modernCall({ url: bare.url, tool: "bench__echo", ...size }),
    bare,
    connections,
  )
  const subjects = [
    yardstick,
    subject(
      `${said}: governed`,
      modernCall({ url: governed.url, key: governed.key, tool: "bench__echo", ...size }),
      governed,
      connections,
    ),
  ]
  const added: number[] = []
  for (const each of subjects) added.push(await addedMb(each))
  await measureAll(subjects, effort, () => upstream.calls())
  return summarize(subjects, { yardstick }).map((row, at) => ({ ...row, "added MB": rounded(added[at] ?? 0, 1) }))
}

async function addedMb({ pid, call }: Subject): Promise<number> {
  const small = { ...call, body: call.body.replace(/h{6,}/, "hhhhh") }
  for (let i = 0; i < callsInSequence; i++) await assertAnswers(small)
  const beforeMb = residentMb(pid)
  forgetPeak(pid)
  for (let i = 0; i < callsInSequence; i++) await assertAnswers(call)
  return peakMb(pid) - beforeMb
}
