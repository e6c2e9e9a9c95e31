/**
 * The stores that keep files, each as two functions: write the next number so that it is acknowledged, and read the
 * number that is there. Both ends of the kills: durable-writer.ts writes, state-kill.ts reads what a kill has left.
 */

import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { openServersFolder } from "../../../src/fleet/files/servers-d.ts"
import { ListCache } from "../../../src/fleet/lists/list-cache.ts"
import { noListItems, noTtls } from "../../../src/fleet/lists/lists.ts"
import { openPositions } from "../../../src/sinks/positions.ts"
import { jsonKeys } from "../../../src/stores/json/keys.ts"
import { jsonPrincipals } from "../../../src/stores/json/principals.ts"
import { openStateFile } from "../../../src/stores/json/state-file.ts"
import { emptyState, writeState } from "../../../src/stores/json/state.ts"
import { openAuditKeys } from "../../../src/stores/sqlite/keys/keys.ts"
import { readKeyHistory } from "../../../src/domain/audit/key-history.ts"
import { keyOf, principalOf } from "../../contracts/principals.ts"

export type DurableStore = {
  readonly name: string
  /** @returns writes a number, and resolves when a caller would be told that it is kept */
  open(folder: string): Promise<(number: number) => Promise<void>>
  /** 0 where none was written yet. Rejects where what is there cannot be read. */
  read(folder: string): Promise<number>
}

const title = (number: number): string => `${number} ${"x".repeat(number % 400)}`
const numberIn = (text = "0"): number => Number.parseInt(text, 10)

/** A principal is changed, and with every change a key is added, which must be there too. */
const state: DurableStore = {
  name: "state.json",
  open: async (folder) => {
    await makeLarge(folder)
    const file = await openStateFile(folder)
    const [principals, keys] = [jsonPrincipals(file), jsonKeys(file)]
    await principals.find("a").then((found) => found ?? principals.insert(principalOf("a")))
    return async (number) => {
      // A kill may have come between the two.
      if ((await keys.find(`k${number}`)) === undefined) await keys.insert(keyOf(`k${number}`))
      const { version = 0 } = (await principals.find("a")) ?? {}
      await principals.replace(principalOf("a", { title: title(number) }), version)
      await keys.remove(`k${number - 3}`, 1).catch(() => undefined)
    }
  },
  read: async (folder) => {
    const file = await openStateFile(folder)
    try {
      const number = numberIn((await jsonPrincipals(file).find("a"))?.title)
      const key = number === 0 || (await jsonKeys(file).find(`k${number}`))
      if (key === undefined) throw new Error(`the key that was made before ${number} is gone`)
      return number
    } finally {
      await file.close()
    }
  },
}

const others = 1_500

/** So that it takes a while to be written. */
async function makeLarge(folder: string): Promise<void> {
  const all = Array.from({ length: others }, (_, at) => ({ ...keyOf(`other${at}`), version: 1 }))
  const text = writeState({ ...emptyState, keys: all })
  await writeFile(join(folder, "state.json"), text, { mode: 0o600, flag: "wx" }).catch(unlessThere)
}

function unlessThere(thrown: unknown): void {
  if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown
}

const services: DurableStore = {
  name: "servers.d",
  open: async (folder) => {
    const files = await openServersFolder(join(folder, "servers.d"))
    return async (number) => {
      await files.write("made", { url: "http://127.0.0.1:1/mcp", title: title(number) }, { ifNew: false })
    }
  },
  read: async (folder) => {
    const files = await openServersFolder(join(folder, "servers.d"))
    const [problem] = files.problems()
    const [service] = files.list()
    await files.close()
    if (problem) throw new Error(problem.message)
    return numberIn(service?.definition.title)
  },
}

const lists: DurableStore = {
  name: "lists",
  open: async (folder) => {
    const cache = new ListCache(join(folder, "lists"))
    return (number) =>
      cache.save("made", "key", { facts: factsOf(number), items: noListItems, ttlMs: noTtls, listedAtMs: number })
  },
  read: async (folder) => {
    const found = await new ListCache(join(folder, "lists")).load("made", "key")
    return numberIn(found?.facts.instructions)
  },
}

const positions: DurableStore = {
  name: "sinks.json",
  open: async (folder) => async (number) => {
    const opened = openPositions(folder, () => undefined)
    opened.set("file", { id: number, key: "stream/1" })
    await opened.close()
  },
  read: async (folder) => openPositions(folder, () => undefined).kept("file"),
}

/** Counts by rotations: each adds a key to the public history. */
const keys: DurableStore = {
  name: "keys",
  open: async (folder) => {
    const opened = await openAuditKeys({ folder: join(folder, "keys"), log: "new" })
    return async (number) => opened.adopt(await opened.drawNext(number))
  },
  read: async (folder) => {
    // As at a start before there is a log: what a kill left undone is done.
    await openAuditKeys({ folder: join(folder, "keys"), log: "new" })
    return readKeyHistory(await readFile(join(folder, "keys/audit.pub"), "utf8")).length - 1
  },
}

export const durableStores: readonly DurableStore[] = [state, services, lists, positions, keys]

function factsOf(number: number) {
  return { era: "modern", revision: "2026-07-28", capabilities: {}, instructions: title(number) } as const
}
