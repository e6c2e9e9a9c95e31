/** What a program leaves behind when its service is taken away: nothing, of all that it started in its own group. */

import { readdir, readFile } from "node:fs/promises"
import { eventually } from "../../journeys/eventually.ts"

export type Group = {
  /** Finds the program, while it runs. */
  note(): Promise<void>
  /** @returns a sentence for each process of its group that is still there */
  left(): Promise<readonly string[]>
}

type Process = { readonly pid: string; readonly group: string; readonly words: string }

/** @param words that its command line holds, in this order, and no other's */
export function startsWithGroup(words: readonly string[]): Group {
  const text = words.join(" ")
  const groups = new Set<string>()
  const find = async (): Promise<readonly Process[]> =>
    (await processes()).filter(({ group, words: its }) => groups.has(group) || its.includes(text))
  return {
    note: async () => (await find()).forEach(({ group }) => groups.add(group)),
    left: async () => {
      const isGone = async (): Promise<boolean> => (await find()).length === 0
      await eventually("its processes are gone", isGone, 8_000).catch(() => {})
      return (await find()).map(({ pid, words: its }) => `left process ${pid} behind: ${its.slice(0, 120)}`)
    },
  }
}

async function processes(): Promise<readonly Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name))
  const all = await Promise.all(pids.map((pid) => readProcess(pid).catch(() => undefined)))
  return all.filter((each) => each !== undefined)
}

/** A zombie is no process any more. */
async function readProcess(pid: string): Promise<Process | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8")
  const [state, , group = ""] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const words = (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ")
  return state === "Z" ? undefined : { pid, group, words }
}
