/**
 * Each kind of harm over each transport and era in which it can occur, on one ground: one case after the other or several
 * at once, and of each what became of its callers and of what it left behind.
 */

import { join } from "node:path"
import { root, start, urlIn, type Running } from "../../support/process.ts"
import { startsWithGroup } from "./leftovers.ts"
import type { Asked } from "./asked.ts"
import { harmLimits, type Ground } from "./ground.ts"
import { kinds } from "./kinds.ts"
import type { Kind, Outcome } from "./service/kind.ts"
import { transports, type Era, type Transport } from "./service/mouth.ts"

export type Case = { readonly name: string; readonly kind: Kind; readonly transport: Transport; readonly era: Era }

export type GridOptions = {
  readonly cases: readonly Case[]
  readonly atOnce: number
  /** Of the harm that is a matter of number, and of the calls of one case. */
  readonly floodShare: number
  readonly rounds: number
  /** How late, after its deadline, a caller may hear. */
  readonly graceMs: number
}

export type Played = {
  readonly played: Case
  readonly asked: readonly Asked[]
  readonly worstMs: number
  readonly violations: readonly string[]
}

const script = join(root, "test/faults/world/service/main.ts")
/** How long a service may take until its tools are known, and where it does all it can against that. */
const readyMs = 10_000
const vainMs = 2_000
let made = 0
const eras: readonly Era[] = ["legacy", "modern"]

/** The old transport is older than the modern era. */
export function allCases(): readonly Case[] {
  return Object.entries(kinds).flatMap(([name, kind]) =>
    (kind.over ?? transports).flatMap((transport) =>
      eras
        .filter((era) => (kind.era ?? era) === era && !(transport === "sse" && era === "modern"))
        .map((era) => ({ name, kind, transport, era })),
    ),
  )
}

/** One case of each kind, so that all transports and eras have their share. */
export function sampleCases(): readonly Case[] {
  const byKind = [...Map.groupBy(allCases(), ({ name }) => name).values()]
  return byKind.flatMap((cases, index) => cases[index % cases.length] ?? [])
}

/** Plays the cases, so many at once. */
export async function playAll(ground: Ground, options: GridOptions): Promise<readonly Played[]> {
  const left = [...options.cases]
  const played: Played[] = []
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) played.push(await play(ground, next, options))
  }
  await Promise.all(Array.from({ length: options.atOnce }, work))
  return played
}

async function play(ground: Ground, played: Case, options: GridOptions): Promise<Played> {
  const { kind, name, transport, era } = played
  const service = `w${++made}`
  const args = [name, transport, era, ground.executed]
  const env = { FLOOD: String(options.floodShare), NODE_COMPILE_CACHE: ground.compileCache }
  const socket = join(ground.gateway.folder, `${service}.sock`)
  const running =
    transport === "stdio" ? undefined : await start({ args: [script, ...args, socket], env, ready: /^listening/ })
  const group = startsWithGroup([script, ...args, service])
  try {
    const isVain = [kind.gets, kind.later].every((outcomes) => outcomes?.includes("unknown") ?? true)
    const definition = definitionOf(played, running, { args: [...args, service], socket, env })
    await ground.add(service, definition, isVain ? vainMs : readyMs)
    const asked: Asked[] = []
    for (let round = 0; round < options.rounds; round++) asked.push(...(await askAtOnce(ground, service, kind)))
    await group.note()
    await ground.remove(service)
    const left = await group.left()
    return {
      played,
      asked,
      worstMs: Math.max(...asked.map(({ tookMs }) => tookMs)),
      violations: [...strayFrom(played, asked, options), ...left].map(
        (what) => `${name} over ${transport} (${era}): ${what}`,
      ),
    }
  } finally {
    await ground.remove(service)
    await running?.stop("SIGKILL")
  }
}

function definitionOf(
  { transport }: Case,
  running: Running | undefined,
  { args, socket, env }: { readonly args: readonly string[]; readonly socket: string; readonly env: object },
): object {
  if (transport === "unix") return { url: `unix://${socket}:/mcp` }
  if (!running) return { command: process.execPath, args: [script, ...args], env }
  return { url: urlIn(running.line), ...(transport === "sse" && { type: "sse" }) }
}

function askAtOnce(ground: Ground, service: string, { atOnce = 1, values = {} }: Kind): Promise<readonly Asked[]> {
  return Promise.all(Array.from({ length: atOnce }, () => ground.ask(service, { values })))
}

/** Where the callers did not get what the kind's row says, or late. */
function strayFrom({ kind }: Case, asked: readonly Asked[], { graceMs }: GridOptions): readonly string[] {
  const { gets, later = gets, atOnce = 1 } = kind
  return asked.flatMap(({ fate, tookMs }, index) => {
    const expected: readonly Outcome[] = index < atOnce ? gets : later
    const dueMs = harmLimits.maxTimeMs + graceMs
    return [
      ...(expected.some((outcome) => outcome === fate.kind)
        ? []
        : [`call ${index + 1} got ${JSON.stringify(fate).slice(0, 400)} instead of ${expected.join(" or ")}`]),
      ...(tookMs <= dueMs ? [] : [`call ${index + 1} heard after ${Math.round(tookMs)} ms, not ${dueMs}`]),
    ]
  })
}
