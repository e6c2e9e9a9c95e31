/** Asks a Node process under load how it is; of those only that were started with `subjectEnv`. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { pathToFileURL } from "node:url"

export type Answers = {
  /** How late its event loop was since it was last asked. */
  readonly delay: { readonly p99Ms: number }
  /** It has collected its garbage. */
  readonly collect: object
  readonly heap: {
    readonly heapBytes: number
    /** Of it, what has outlived collections of young objects and stays until a full one. */
    readonly oldBytes: number
    readonly externalBytes: number
    /** Collections of garbage since its start. */
    readonly collections: number
  }
  /** What keeps its event loop busy, how many of each. */
  readonly resources: Readonly<Record<string, number>>
}
export type Question = keyof Answers

const folder = mkdtempSync(join(tmpdir(), "mcp-meta-ask-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
const path = join(folder, "ask")
const preload = pathToFileURL(join(import.meta.dirname, "subject-preload.ts")).href

export const subjectEnv = { NODE_OPTIONS: `--import=${preload}`, BENCH_ASK: path } as const

const deadlineMs = 20_000
const everyMs = 10

/** @throws where it does not answer */
export async function ask<Q extends Question>(pid: number, question: Q): Promise<Answers[Q]> {
  const file = `${path}.${pid}`
  writeFileSync(file, question)
  process.kill(pid, "SIGUSR2")
  for (let waitedMs = 0; waitedMs < deadlineMs; waitedMs += everyMs) {
    const text = read(`${file}.answer`)
    if (text !== undefined) {
      rmSync(`${file}.answer`)
      return JSON.parse(text) as Answers[Q]
    }
    await wait(everyMs)
  }
  throw new Error(`Process ${pid} does not say its ${question}.`)
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return undefined
  }
}
