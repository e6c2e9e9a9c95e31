/** What a program leaves behind when its service is taken away: nothing, of all that it started in its own group. */

import { readdir, readFile } from "node:fs/promises"
import { eventually } from "../../journeys/eventually.ts"

export type Group = {
  /** @returns a sentence for each process of the group, or program of these words, that is still there */
  left(): Promise<readonly string[]>
}

type Process = { readonly pid: string; readonly group: string; readonly words: string }

/** Longer than the gateway's grace. */
const goneMs = 8_000

/** @param args that the program's command line holds, and no other's */
export async function groupOf(args: readonly string[]): Promise<Group> {
  const text = args.join(" ")
  const own = (await processes()).filter(({ words }) => words.includes(text))
  const groups = new Set(own.map(({ group }) => group))
  const find = async (): Promise<readonly Process[]> =>
    (await processes()).filter(({ group, words }) => groups.has(group) || words.includes(text))
  const left = async (): Promise<readonly string[]> => {
    const isGone = async (): Promise<boolean> => (await find()).length === 0
    await eventually("its processes are gone", isGone, goneMs).catch(() => {})
    return (await find()).map(({ pid, words }) => `left process ${pid} behind: ${words.slice(0, 120)}`)
  }
  return { left }
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
