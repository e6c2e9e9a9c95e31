/**
 * Counts tokens in a thread that ends with it: the tables of the encoding take 180 ms to load and 80 MB to keep, which
 * no call should wait for and nobody needs again soon. docs/decisions/0019-token-cost.md.
 */

import { extname } from "node:path"
import { Worker } from "node:worker_threads"
import { estimateTokens, type TokenCount } from "../../domain/admission/token-cost.ts"

const deadlineMs = 10_000
/** More than any service may list costs is estimated, and so is what is asked for while the thread is busy. */
const mostCharacters = 4 * 1_024 * 1_024
const mostAtOnce = 2
let running = 0

export async function countTokens(texts: readonly string[]): Promise<TokenCount> {
  const characters = texts.reduce((sum, text) => sum + text.length, 0)
  if (characters > mostCharacters || running >= mostAtOnce) return estimateTokens(texts)
  running += 1
  try {
    return { counts: await countApart(texts), by: "o200k_base" }
  } catch {
    return estimateTokens(texts)
  } finally {
    running -= 1
  }
}

async function countApart(texts: readonly string[]): Promise<readonly number[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly number[]>()
  const file = `./token-thread${extname(new URL(import.meta.url).pathname)}`
  const worker = new Worker(new URL(file, import.meta.url), { name: "tokens", workerData: texts, env: {} })
  const timer = setTimeout(() => reject(new Error("late")), deadlineMs)
  worker.on("message", resolve)
  worker.on("error", reject)
  worker.on("exit", () => reject(new Error("ended")))
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}
