/** Calls at a steady rate, as a crowd of clients makes them, until they are stopped. */

export type Load = {
  /** Ends the load and waits for the calls that are open. */
  stop(): Promise<{ readonly made: number; readonly failures: readonly string[] }>
}

/** @param call makes one call and rejects, or says why, when its answer is not the right one */
export function startLoad(callsPerSecond: number, call: () => Promise<string | undefined>): Load {
  const tickMs = 10
  const begunAt = performance.now()
  const open = new Set<Promise<void>>()
  const failures: string[] = []
  let made = 0
  const makeOne = (): void => {
    made += 1
    const done = call()
      .then((problem) => void (problem === undefined || failures.push(problem)))
      .catch((error: unknown) => void failures.push(String(error)))
      .finally(() => open.delete(done))
    open.add(done)
  }
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begunAt) * callsPerSecond) / 1_000)
    for (let missing = due - made; missing > 0; missing -= 1) makeOne()
  }, tickMs)
  return {
    stop: async () => {
      clearInterval(timer)
      await Promise.all(open)
      return { made, failures }
    },
  }
}
