/**
 * Loaded into a gateway before its own code (`--import`): at SIGUSR2 it writes to INPUT_FACTS how long its event loop
 * stood still at worst since it was last asked, and what was added to the prototypes that everything inherits from.
 * Who asks: ground.ts.
 */

import { renameSync, writeFileSync } from "node:fs"
import { isMainThread } from "node:worker_threads"

export type Facts = {
  /** Of one turn, in which it worked without a pause: what the machine did for others meanwhile is left out. */
  readonly stallMs: number
  /** The same as a clock on the wall saw it. */
  readonly gapMs: number
  /** What is not as it was at the start, such as `Object.polluted`. */
  readonly altered: readonly string[]
}

const tickMs = 10
const path = process.env["INPUT_FACTS"]

if (isMainThread && path !== undefined) {
  const before = prototypes()
  let [stallMs, gapMs, at, cpuMs] = [0, 0, performance.now(), threadCpuMs()]
  setInterval(() => {
    const [now, used] = [performance.now(), threadCpuMs()]
    const gap = now - at - tickMs
    gapMs = Math.max(gapMs, gap)
    stallMs = Math.max(stallMs, Math.min(gap, used - cpuMs))
    at = now
    cpuMs = used
  }, tickMs).unref()
  process.on("SIGUSR2", () => {
    const facts: Facts = { stallMs: Math.round(stallMs), gapMs: Math.round(gapMs), altered: alteredSince(before) }
    writeFileSync(`${path}.new`, JSON.stringify(facts))
    renameSync(`${path}.new`, path)
    stallMs = 0
    gapMs = 0
  })
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

function prototypes(): ReadonlyMap<string, unknown> {
  const owners = [Object, Array, Function, String, Number, Boolean, Map, Set, Promise, Error, RegExp, Buffer]
  return new Map(
    owners.flatMap(({ name, prototype }) =>
      Object.entries(Object.getOwnPropertyDescriptors(prototype)).map(([key, { value }]): [string, unknown] => [
        `${name}.${key}`,
        value,
      ]),
    ),
  )
}

function alteredSince(before: ReadonlyMap<string, unknown>): readonly string[] {
  const now = prototypes()
  const names = new Set([...before.keys(), ...now.keys()])
  return [...names].filter((name) => before.has(name) !== now.has(name) || before.get(name) !== now.get(name))
}
