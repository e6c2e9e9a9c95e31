/**
 * Reads a program's error output with breaks: who floods it waits for us, and takes no time from the calls of others.
 * What is kept of it: stderr-ring.ts.
 */

import type { Readable } from "node:stream"

/** Together 5 MB a second at most. */
const sliceBytes = 262_144
const breakMs = 50

export function readInSlices(stream: Readable, take: (chunk: Buffer) => void): void {
  let taken = 0
  stream.on("data", (chunk: Buffer) => {
    take(chunk)
    taken += chunk.length
    if (taken < sliceBytes) return
    taken = 0
    stream.pause()
    setTimeout(() => stream.resume(), breakMs)
  })
}
