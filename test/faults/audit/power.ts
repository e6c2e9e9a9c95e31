/**
 * With `audit.sync` at `power` an answer leaves only when its entry is on the disk. Nothing here can cut the power, but
 * the order of the system calls can be read: the entry is written to the WAL, then the WAL is synced, then the bytes go
 * to the client's socket; and likewise the start before the service's.
 */

import { rm, mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Figures } from "../figures.ts"
import { openRig } from "../rig.ts"
import { attachStrace } from "./strace.ts"
import { readSystemCalls, type SystemCall } from "./strace-lines.ts"

const traced = "trace=fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg"
/** A page of the log is whole, and so are a request and an answer. */
const printedBytes = "5000"

/** Of one call: when its entries were written, and when it went to the service and back to the client. */
type Trail = { startWrittenAt?: number; endWrittenAt?: number; forwardedAt?: number; answeredAt?: number }
type Sync = Pick<SystemCall, "beganAt" | "endedAt">
type Traces = { readonly trails: ReadonlyMap<string, Trail>; readonly syncs: readonly Sync[] }

/** @param sync of the gateway; in `process` nothing of the kind is promised */
export async function powerOrder(calls: number, sync: "power" | "process" = "power"): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-strace-"))
  try {
    const path = join(folder, "trace")
    const traceIds = await tracedCalls({ calls, sync, path })
    return judge(traceIds, await readTraces(traceIds, path))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Traced = { readonly calls: number; readonly sync: string; readonly path: string }

/** @returns the trace ids of those that were answered */
async function tracedCalls({ calls, sync, path }: Traced): Promise<readonly string[]> {
  const rig = await openRig()
  try {
    await rig.start({ args: ["--audit-sync", sync] })
    const detach = await attachStrace(rig.pid, ["-tt", "-y", "-s", printedBytes, "-o", path, "-e", traced])
    for (let made = 0; made < calls; made += 1) await rig.calls.call(rig.clients.modern, "modern__count")
    await detach()
    return rig.calls.of("answered").map(({ traceId }) => traceId)
  } finally {
    await rig.close()
  }
}

async function readTraces(traceIds: readonly string[], path: string): Promise<Traces> {
  const trails = new Map<string, Trail>(traceIds.map((traceId) => [traceId, {}]))
  const syncs: Sync[] = []
  for await (const call of readSystemCalls(path)) {
    if (call.hasFailed) continue
    if (call.on.startsWith("socket:")) noteSent(trails, call)
    if (!call.on.endsWith("/log.db-wal")) continue
    if (call.name === "pwrite64") noteWritten(trails, call)
    else syncs.push(call)
  }
  return { trails, syncs }
}

/** A page holds the entries before it too: the first page with an entry is the one that put it on record. */
function noteWritten(trails: ReadonlyMap<string, Trail>, { data, endedAt }: SystemCall): void {
  for (const { 1: traceId = "", index } of data.matchAll(/\\"traceId\\":\\"([0-9a-f]{32})/g)) {
    const trail = trails.get(traceId)
    // Members stand in the order of the alphabet, so the kind before a trace id is that of the same entry.
    const kind = /\\"kind\\":\\"(\w+)/.exec(data.slice(data.lastIndexOf(String.raw`\"kind\"`, index)))?.[1]
    if (trail && kind === "start") trail.startWrittenAt ??= endedAt
    if (trail && kind === "end") trail.endWrittenAt ??= endedAt
  }
}

function noteSent(trails: ReadonlyMap<string, Trail>, { data, beganAt }: SystemCall): void {
  for (const [traceId] of data.matchAll(/[0-9a-f]{32}/g)) {
    const trail = trails.get(traceId)
    if (trail && data.includes(String.raw`\"result\"`)) trail.answeredAt ??= beganAt
    if (trail && data.includes(String.raw`\"method\"`)) trail.forwardedAt ??= beganAt
  }
}

function judge(traceIds: readonly string[], { trails, syncs }: Traces): Figures {
  const all = [...trails.values()]
  const proven = all.filter(
    ({ startWrittenAt, forwardedAt, endWrittenAt, answeredAt }) =>
      isSynced(syncs, startWrittenAt, forwardedAt) && isSynced(syncs, endWrittenAt, answeredAt),
  )
  const figures = {
    "calls answered": traceIds.length,
    "entries written, synced, then forwarded and answered": proven.length,
    "syncs of the log": syncs.length,
  }
  const unproven = all.length - proven.length
  const violations =
    unproven === 0 && all.length > 0
      ? []
      : [`${unproven} calls were forwarded or answered before they were synced`]
  return { suite: "the order of writes, syncs and answers", figures, violations }
}

/** Whether a whole sync lies between the two. */
function isSynced(syncs: readonly Sync[], writtenAt: number | undefined, sentAt: number | undefined): boolean {
  if (writtenAt === undefined || sentAt === undefined) return false
  return syncs.some(({ beganAt, endedAt }) => beganAt > writtenAt && endedAt < sentAt)
}
