/** What /proc tells of a process and of those that it started: CPU, memory. Where it tells nothing: 0. */

import { readFileSync, readdirSync, writeFileSync } from "node:fs"

export type CpuUs = { readonly process: number; readonly mainThread: number; readonly children: number }

export function cpuOf(pid: number): CpuUs {
  return {
    process: processUs(pid),
    mainThread: mainThreadUs(pid),
    children: descendantsOf(pid).reduce((sum, child) => sum + processUs(child), 0),
  }
}

export function mainThreadUs(pid: number): number {
  return threadUs(pid, String(pid))
}

/** Resident memory of a process and its children, in MB. */
export function residentMb(pid: number): number {
  return [pid, ...descendantsOf(pid)].reduce((sum, each) => sum + statusKb(each, "VmRSS"), 0) / 1_024
}

/** The most it had since `forgetPeak`, in MB. */
export function peakMb(pid: number): number {
  return statusKb(pid, "VmHWM") / 1_024
}

export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5")
}

function processUs(pid: number): number {
  return threadsOf(pid).reduce((sum, thread) => sum + threadUs(pid, thread), 0)
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

/** Nanoseconds on the processor are its first figure. */
function threadUs(pid: number, thread: string): number {
  return Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0] ?? 0) / 1_000
}

/** The processes that it started, and those that they did. */
export function descendantsOf(pid: number): readonly number[] {
  const children = threadsOf(pid)
    .flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).trim().split(" "))
    .filter((child) => child !== "")
    .map(Number)
  return [...children, ...children.flatMap(descendantsOf)]
}

function statusKb(pid: number, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(read(`/proc/${pid}/status`))?.[1] ?? 0)
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}
