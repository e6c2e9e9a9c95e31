/**
 * STO-07 through the door: kill -9 of a gateway while administrators make principals, keys, quotas and services. Whatever
 * an operation was answered with is there after the restart, and nothing that none of them asked for.
 */

import { setTimeout as sleep } from "node:timers/promises"
import { eventually } from "../../journeys/eventually.ts"
import { startGateway, type TestGateway } from "../../support/gateway.ts"
import { rest } from "../../support/rest.ts"
import type { Figures } from "../figures.ts"

type Made = { readonly path: string; readonly answered: Set<string>; readonly asked: Set<string> }

const longestMs = 250
const writesBeforeKill = 5
const administrators = 3

const bodies: Readonly<Record<string, (name: string) => object>> = {
  "/principals": (name) => ({ name, kind: "agent", grants: {} }),
  "/keys": (label) => ({ principal: "admin", label }),
  "/services": (name) => ({ name, url: "http://127.0.0.1:1/mcp", enabled: false }),
  "/quotas": (name) => ({ name, target: `tool:${name}`, subject: "everyone", limit: 5, window: "day" }),
}

export async function operationKills(rounds: number): Promise<Figures> {
  const gateway = await startGateway({ env: { MCP_META_LOG_LEVEL: "error" } })
  const all = Object.keys(bodies).map((path) => ({ path, answered: new Set<string>(), asked: new Set<string>() }))
  const violations: string[] = []
  try {
    for (let round = 1; round <= rounds; round += 1) {
      await operateUntilKilled(gateway, all, round)
      for (const made of all)
        violations.push(...(await compare(gateway, made)).map((found) => `kill ${round}: ${found}`))
    }
  } finally {
    await gateway.stop()
  }
  const sum = (which: "asked" | "answered") => all.reduce((count, made) => count + made[which].size, 0)
  const figures = {
    kills: rounds,
    "writes asked": sum("asked"),
    answered: sum("answered"),
    lost: violations.length,
  }
  return { suite: "kill -9 while operations write", figures, violations }
}

async function operateUntilKilled(gateway: TestGateway, all: readonly Made[], round: number): Promise<void> {
  const killed = new AbortController()
  const operating = all.flatMap((made) =>
    Array.from({ length: administrators }, (_, at) =>
      operate(gateway, made, { prefix: `r${round}-${at}`, killed }),
    ),
  )
  const enough = countOf(all, "answered") + writesBeforeKill
  await eventually("operations are answered", () => countOf(all, "answered") >= enough)
  await sleep(Math.random() * longestMs)
  const restarted = gateway.restart("SIGKILL")
  killed.abort()
  await Promise.all([restarted, ...operating])
}

function countOf(all: readonly Made[], which: "asked" | "answered"): number {
  return all.reduce((count, made) => count + made[which].size, 0)
}

type Operating = { readonly prefix: string; readonly killed: AbortController }

async function operate(gateway: TestGateway, made: Made, { prefix, killed }: Operating): Promise<void> {
  for (let count = 1; !killed.signal.aborted; count += 1) {
    const name = `${prefix}-${count}`
    made.asked.add(name)
    const method = made.path === "/quotas" ? "PUT" : "POST"
    const answer = await rest(gateway, method, made.path, bodies[made.path]?.(name)).catch(() => undefined)
    if (answer !== undefined && answer.status < 300) made.answered.add(name)
  }
}

async function compare(gateway: TestGateway, { path, answered, asked }: Made): Promise<readonly string[]> {
  const listed = await listAll(gateway, path)
  const lost = [...answered].filter((name) => !listed.has(name))
  const strange = [...listed].filter((name) => /^r\d+-/.test(name) && !asked.has(name))
  return [...lost.map((name) => `${path} lost ${name}`), ...strange.map((name) => `${path} has ${name}, unasked`)]
}

/** The names, or labels, of all pages. */
async function listAll(gateway: TestGateway, path: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  let cursor: string | undefined
  do {
    const query = new URLSearchParams({ limit: "200", ...(cursor !== undefined && { cursor }) })
    const { status, body } = await rest(gateway, "GET", `${path}?${query.toString()}`)
    const page = body as Record<string, unknown> & { readonly nextCursor?: string }
    const items = Object.values(page).find(Array.isArray) as readonly Record<string, string>[] | undefined
    if (status !== 200 || !items) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`)
    for (const { name, label } of items) names.add(label ?? name ?? "")
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return names
}
