/**
 * A worker, from the first word of its owner to its end: it takes connections, makes the calls that need nothing but the
 * owner's word for them, and hands over the rest. It ends when it is told to and its connections have ended, and at once
 * when its owner is gone: there is nobody then to count its calls and to put them on record.
 *
 * What it is made of: wiring.ts. The owner's side: owner/crew.ts.
 */

import type { Socket } from "node:net"
import type { Duplex } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"
import type { Log } from "../../../log.ts"
import { Line } from "../line/line.ts"
import type { Command, ToOwner, ToWorker, WorkerSettings } from "../line/messages.ts"
import { openWorker, type OpenWorker } from "./wiring.ts"

/** How long the owner may take to answer beyond what an entry may take to be on record. */
const patienceMs = 5_000
const lookMs = 1_000
/** How often connections are looked at that may end as soon as they are idle. */
const sweepMs = 20
/** For answers to those who wait when the owner is gone. */
const lastWordMs = 200

export type WorkerProcess = {
  /** The line to the owner. */
  readonly pipe: Duplex
  readonly createLog: (settings: WorkerSettings) => Log
  /** Tells what the owner sends beside the line: connections, and words that must not overtake them. */
  readonly onSent: (listener: (command: Command, connection: Socket | undefined) => void) => void
}

/** @returns the exit code */
export async function runWorker({ pipe, createLog, onSent }: WorkerProcess): Promise<number> {
  const ended = Promise.withResolvers<number>()
  const early: ToWorker[] = []
  let worker: OpenWorker | undefined
  const line = new Line<ToOwner, ToWorker>(pipe, { pacedBy: "answers" }, (message) => {
    if (message.type === "settings") open(message.settings).catch(ended.reject)
    else if (worker) worker.hear(message)
    else early.push(message)
  })
  const open = async (settings: WorkerSettings): Promise<void> => {
    const say: typeof line.say = (message, bytes) => line.say(message, bytes)
    const opened = await openWorker(settings, { log: createLog(settings), say })
    worker = opened
    for (const message of early.splice(0)) opened.hear(message)
    onSent((command, connection) => {
      if (command !== "connection") act(opened, command, settings).then(() => ended.resolve(0), ended.reject)
      else if (connection) opened.connections.take(connection)
    })
    watch(opened, settings, () => ended.resolve(1))
  }
  line.onClosed(() => {
    worker?.lose()
    setTimeout(() => ended.resolve(1), lastWordMs)
  })
  const code = await ended.promise
  await worker?.close()
  line.close()
  return code
}

/** @returns when the worker is to end; never where it is told more first */
async function act(worker: OpenWorker, command: Command, { config }: WorkerSettings): Promise<void> {
  const { limits } = config
  if (command === "drain") return drain(worker, limits.drainMs, limits.callHardMs)
  if (command === "stop") await worker.stop(limits.drainMs)
  if (command === "finish") return endIdle(worker, sweepMs)
  await new Promise<never>(() => {})
}

/** Busy connections end with their next answers. Others are given the time in which a request may be on its way. */
async function drain(worker: OpenWorker, idleMs: number, mostMs: number): Promise<void> {
  worker.drain()
  const ended = worker.connections.ended()
  await Promise.race([ended, sleep(idleMs, undefined, { ref: false })])
  await Promise.race([endIdle(worker, lookMs), sleep(mostMs, undefined, { ref: false })])
}

async function endIdle({ connections }: OpenWorker, everyMs: number): Promise<void> {
  connections.closeIdle()
  const sweep = setInterval(() => connections.closeIdle(), everyMs)
  await connections.ended()
  clearInterval(sweep)
}

/** An owner that answers no more keeps no record either. */
function watch({ ledger, log }: OpenWorker, { config }: WorkerSettings, giveUp: () => void): void {
  const mostMs = config.audit.timeoutMs + patienceMs
  setInterval(() => {
    const sinceMs = ledger.waitsSinceMs
    if (sinceMs === undefined || performance.now() - sinceMs < mostMs) return
    log.error({ mostMs }, "The gateway's own process does not answer; a worker ends.")
    giveUp()
  }, lookMs).unref()
}
