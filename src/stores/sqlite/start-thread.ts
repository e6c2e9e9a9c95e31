/**
 * Starts a thread of ours beside the main one. It loads what this process has compiled already, has no environment of
 * its own, and keeps its young generation small, since most of a heap that may grow is never used.
 */

import { getCompileCacheDir } from "node:module"
import { dirname, extname } from "node:path"
import { Worker } from "node:worker_threads"

type Thread = {
  /** The file, without its extension: TypeScript here, and compiled where published. */
  readonly file: string
  /** `import.meta.url` of who starts it. */
  readonly from: string
  readonly name: string
  readonly workerData: unknown
}

const maxYoungGenerationSizeMb = 6

export function startThread({ file, from, name, workerData }: Thread): Worker {
  const cache = getCompileCacheDir()
  return new Worker(new URL(`./${file}${extname(new URL(from).pathname)}`, from), {
    name,
    workerData,
    env: cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) },
    resourceLimits: { maxYoungGenerationSizeMb },
  })
}
