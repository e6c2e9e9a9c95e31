/**
 * Holds processes to a share of a core, so that few cores show what many would. A share is of the CPU time of the main
 * thread: who has used more is stopped (SIGSTOP) until its share has caught up, so what it got too much of once it pays
 * back. While it stands still all its threads do; while it goes on the others are not counted.
 */

import { mainThreadUs } from "./process-figures.ts"

/** Short beside what a call takes under load, and long beside what a look costs. */
const everyMs = 1

/** What who was idle may catch up on: a share is not saved. */
const mostSavedUs = 2_000

type Held = { readonly pid: number; usedUs: number; leftUs: number; isStopped: boolean }

/** @param share of one core, for each of them */
export function holdToShare(pids: readonly number[], share: number): Disposable {
  const all = pids.map((pid): Held => ({ pid, usedUs: mainThreadUs(pid), leftUs: 0, isStopped: false }))
  const letGo = (): void => all.forEach(goOn)
  let lookedMs = performance.now()
  const timer = setInterval(() => {
    const nowMs = performance.now()
    const earnedUs = (nowMs - lookedMs) * 1_000 * share
    lookedMs = nowMs
    for (const held of all) settle(held, earnedUs)
  }, everyMs)
  process.once("exit", letGo)
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      process.off("exit", letGo)
      letGo()
    },
  }
}

function settle(held: Held, earnedUs: number): void {
  const usedUs = mainThreadUs(held.pid)
  held.leftUs = Math.min(mostSavedUs, held.leftUs + earnedUs - (usedUs - held.usedUs))
  held.usedUs = usedUs
  if (held.leftUs >= 0) goOn(held)
  else if (!held.isStopped) {
    held.isStopped = true
    signal(held, "SIGSTOP")
  }
}

function goOn(held: Held): void {
  if (!held.isStopped) return
  held.isStopped = false
  signal(held, "SIGCONT")
}

/** One that has ended is not signalled. */
function signal({ pid }: Held, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "ESRCH") throw thrown
  }
}
