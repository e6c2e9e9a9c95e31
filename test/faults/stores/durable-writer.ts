/**
 * Writes with every store of durable-stores.ts at once, and says each number that was acknowledged, as `name number`,
 * until it is killed: `node durable-writer.ts FOLDER NUMBERS`, where each store goes on after its one.
 */

import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { durableStores, type DurableStore } from "./durable-stores.ts"

/** So that none keeps the disk from the others. */
const longestPauseMs = 4

const [folder = "", numbers = ""] = process.argv.slice(2)
const last = numbers.split(",").map(Number)
await mkdir(join(folder, "keys"), { recursive: true })
await Promise.all(durableStores.map((store, index) => writeOn(store, last[index] ?? 0)))

async function writeOn(store: DurableStore, from: number): Promise<void> {
  const write = await store.open(folder)
  let number = from
  for (;;) {
    number += 1
    await write(number)
    process.stdout.write(`${store.name} ${number}\n`)
    await sleep(Math.random() * longestPauseMs)
  }
}
