/** Waits for what becomes true by itself. */
import { setTimeout as sleep } from "node:timers/promises"

const stepMs = 20

/** Asks again until the answer is neither undefined nor false. @returns how long that took */
export async function eventually(what: string, ask: () => unknown, deadlineMs = 30_000): Promise<number> {
  const begunAt = performance.now()
  for (;;) {
    const answer = await ask()
    const tookMs = performance.now() - begunAt
    if (answer !== undefined && answer !== false) return Math.round(tookMs)
    if (tookMs > deadlineMs) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await sleep(stepMs)
  }
}
