/** A fixed number of calls, so many at once: what is counted per call then does not hang on how fast they were. */

import { Pool } from "undici"
import { assertResult, type Call } from "./request.ts"

export type FixedLoad = { run(calls: number): Promise<void>; [Symbol.asyncDispose](): Promise<void> }

export function openFixedLoad({ url, headers, body }: Call, connections: number): FixedLoad {
  const { origin, pathname: path } = new URL(url)
  const pool = new Pool(origin, { connections })
  const callOnce = async (): Promise<void> => {
    const answer = await pool.request({ path, method: "POST", headers, body })
    assertResult(url, answer.statusCode, await answer.body.text())
  }
  return {
    run: async (calls) => {
      let left = calls
      const callMany = async (): Promise<void> => {
        while (left-- > 0) await callOnce()
      }
      await Promise.all(Array.from({ length: connections }, callMany))
    },
    [Symbol.asyncDispose]: () => pool.close(),
  }
}
