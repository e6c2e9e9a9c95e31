/**
 * STO-07: kill -9 in the middle of writes, of every store that keeps files. What is there afterwards is the last write
 * that was acknowledged or the one after it, whole, and nothing half-written stays once the folder is opened again.
 */

import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { removeTemporary } from "../../../src/durable-file.ts"
import type { Figures } from "../figures.ts"
import { durableStores, type DurableStore } from "./durable-stores.ts"

const longestMs = 60
/** The history of keys grows with each, and what is written with it. */
const roundsPerFolder = 20

type Counts = {
  kills: number
  acknowledged: number
  /** The write that was cut off by the kill was there all the same. */
  ahead: number
  /** Kills between the writing of a file and its getting its name. */
  leftovers: number
  lost: number
  readonly violations: string[]
}

export async function stateKills(rounds: number): Promise<Figures> {
  const counts: Counts = { kills: 0, acknowledged: 0, ahead: 0, leftovers: 0, lost: 0, violations: [] }
  while (counts.kills < rounds) await oneFolder(counts, Math.min(roundsPerFolder, rounds - counts.kills))
  const { violations, ...figures } = counts
  return { suite: "kill -9 in the middle of writes to files", figures, violations }
}

async function oneFolder(counts: Counts, rounds: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-durable-"))
  let numbers: readonly number[] = durableStores.map(() => 0)
  try {
    for (let round = 0; round < rounds; round += 1) {
      counts.kills += 1
      const acknowledged = await writeUntilKilled(folder, numbers, counts)
      counts.leftovers += (await temporaryIn(folder)).length
      numbers = await readAll(folder, acknowledged, counts)
      await sweep(folder, counts)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** @returns the last number that each store acknowledged */
async function writeUntilKilled(
  folder: string,
  numbers: readonly number[],
  counts: Counts,
): Promise<readonly number[]> {
  const script = join(import.meta.dirname, "durable-writer.ts")
  const child = spawn(process.execPath, [script, folder, numbers.join(",")], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const ended = once(child, "close")
  let killing: Promise<void> | undefined
  const last = new Map(durableStores.map(({ name }, index) => [name, numbers[index] ?? 0]))
  for await (const line of createInterface(child.stdout)) {
    const [name = "", number] = line.split(" ")
    last.set(name, Number(number))
    counts.acknowledged += 1
    killing ??= killSoon(child)
  }
  await Promise.all([ended, killing])
  return durableStores.map(({ name }) => last.get(name) ?? 0)
}

async function killSoon(child: ReturnType<typeof spawn>): Promise<void> {
  await sleep(Math.random() * longestMs)
  child.kill("SIGKILL")
}

async function readAll(
  folder: string,
  acknowledged: readonly number[],
  counts: Counts,
): Promise<readonly number[]> {
  const found: number[] = []
  for (const [index, store] of durableStores.entries())
    found.push(await readOne(folder, { store, acknowledged: acknowledged[index] ?? 0 }, counts))
  return found
}

type Expected = { readonly store: DurableStore; readonly acknowledged: number }

async function readOne(folder: string, { store, acknowledged }: Expected, counts: Counts): Promise<number> {
  const say = (what: string): void => {
    counts.lost += 1
    counts.violations.push(`kill ${counts.kills}, ${store.name}: ${what}`)
  }
  try {
    const number = await store.read(folder)
    if (number === acknowledged + 1) counts.ahead += 1
    else if (number !== acknowledged) say(`${number} is there, ${acknowledged} was acknowledged`)
    return number
  } catch (thrown) {
    say(`cannot be read: ${String(thrown)}`)
    return acknowledged
  }
}

/** As a start does it (gateway/stores.ts). */
async function sweep(folder: string, counts: Counts): Promise<void> {
  for (const name of ["keys", "lists"]) await removeTemporary(join(folder, name))
  const left = (await temporaryIn(folder)).filter((name) => !name.startsWith("servers.d/"))
  if (left.length > 0) counts.violations.push(`kill ${counts.kills}: left behind ${left.join(", ")}`)
}

async function temporaryIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true })
  return names.filter((name) => name.endsWith(".tmp"))
}
