/** The processes under another one, by /proc. */
import { readFileSync, readdirSync } from "node:fs"

export function childrenOf(parent: number | undefined): number[] {
  return pids().filter((pid) => parentOf(pid) === parent)
}

/** Whether the process runs: one that has ended and was not yet collected does not. */
export function isAlive(pid: number): boolean {
  const state = statOf(pid)?.[0]
  return state !== undefined && state !== "Z" && state !== "X"
}

export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()
  } catch {
    return ""
  }
}

function pids(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger)
}

function parentOf(pid: number): number | undefined {
  const parent = statOf(pid)?.[1]
  return parent === undefined ? undefined : Number(parent)
}

/** State and parent first. */
function statOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")
  } catch {
    return undefined
  }
}
