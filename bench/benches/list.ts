/**
 * What the lists of 2,000 tools of 50 services cost, for 20 principals who may use different ones: the first time that
 * a grant set is asked for, and the next, all pages followed. In CPU, as nobody lists 10,000 times a second.
 */

import { createAgent } from "../../test/support/rest.ts"
import { scaled, type Effort } from "../measure/effort.ts"
import { cpuOf } from "../measure/process-figures.ts"
import {
  assertAnswers,
  legacyCall,
  legacyList,
  modernCall,
  modernList,
  openSession,
  type Call,
} from "../measure/request.ts"
import { median, rounded } from "../measure/rows.ts"
import type { Row, Table } from "../measure/table.ts"
import { startGoverned, type Gateway } from "../subjects/gateway.ts"
import { startUpstream } from "../subjects/upstream.ts"

const toolsEach = 40

type Lister = {
  readonly key: string
  readonly era: "modern" | "legacy"
  readonly page: (cursor?: string) => Call
}
type Listed = {
  readonly mainMs: number
  readonly processMs: number
  readonly tools: number
  readonly pages: number
}

export async function benchList(effort: Effort): Promise<readonly Table[]> {
  const services = scaled(50, effort)
  await using upstream = await startUpstream()
  const url = upstream.url({ tools: toolsEach })
  const names = Array.from({ length: services }, (_, at) => `bench${at}`)
  await using gateway = await startGoverned({
    services: Object.fromEntries(names.map((name) => [name, { url }])),
  })
  const listers = await listersOf(gateway, scaled(20, effort))
  const rows: Row[] = []
  for (const era of ["modern", "legacy"] as const) {
    const ofEra = listers.filter((lister) => lister.era === era)
    for (const time of ["first", "second", "third", "fourth"])
      rows.push(await rowOf(`${era}, ${time} time`, gateway, ofEra))
  }
  const about = `${services * toolsEach} tools of ${services} services; ${ofEach(listers)} principals of each era, each denied the tools of another service. CPU ms for a whole list, all pages; medians over the principals.`
  return [{ title: "tools/list", about, rows }]
}

const ofEach = (listers: readonly Lister[]): number => listers.length / 2

async function listersOf(gateway: Gateway, count: number): Promise<readonly Lister[]> {
  const listers: Lister[] = []
  for (let at = 0; at < count; at++) {
    for (const era of ["modern", "legacy"] as const) listers.push(await listerOf(gateway, at, era))
  }
  return listers
}

/** Its key is checked before anything is measured: that is slow on purpose, and once per key. */
async function listerOf(gateway: Gateway, at: number, era: Lister["era"]): Promise<Lister> {
  const tools = { allow: ["bench*"], deny: [`bench${at + 1}__*`, ...(era === "legacy" ? ["bench__*"] : [])] }
  const key = await createAgent({ origin: gateway.origin, key: gateway.adminKey }, `${era}-${at}`, { tools })
  const asked = { url: gateway.url, key, tool: "bench0__echo" }
  if (era === "modern") {
    await assertAnswers(modernCall(asked))
    return { key, era, page: (cursor) => modernList(asked, cursor) }
  }
  const session = await openSession(gateway.url, key)
  await assertAnswers(legacyCall(asked, session))
  return { key, era, page: (cursor) => legacyList(asked, session, cursor) }
}

async function rowOf(name: string, gateway: Gateway, listers: readonly Lister[]): Promise<Row> {
  const listed: Listed[] = []
  for (const lister of listers) listed.push(await list(gateway, lister))
  const of = (pick: (listed: Listed) => number): number => rounded(median(listed.map(pick)), 2)
  return {
    list: name,
    tools: of(({ tools }) => tools),
    pages: of(({ pages }) => pages),
    "main ms": of(({ mainMs }) => mainMs),
    "most main ms": rounded(Math.max(...listed.map(({ mainMs }) => mainMs)), 2),
    "process ms": of(({ processMs }) => processMs),
  }
}

async function list({ process }: Gateway, { page }: Lister): Promise<Listed> {
  const pid = process.child.pid ?? 0
  const before = cpuOf(pid)
  const texts: string[] = []
  let cursor: string | undefined
  do {
    const text = await assertAnswers(page(cursor))
    texts.push(text)
    cursor = /"nextCursor":"([^"]+)"/.exec(text)?.[1]
  } while (cursor !== undefined)
  const after = cpuOf(pid)
  return {
    mainMs: (after.mainThread - before.mainThread) / 1_000,
    processMs: (after.process - before.process) / 1_000,
    tools: texts.join("").split('"inputSchema"').length - 1,
    pages: texts.length,
  }
}
