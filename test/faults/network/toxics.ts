/**
 * What a bad network does to bytes, each a transform of one direction of one connection. Where the bytes come from and
 * go to, and when a toxic is put on: faultd.ts.
 */

import { setImmediate, setTimeout as sleep } from "node:timers/promises"

/** One direction of one connection, as a toxic sees it. */
export type Lane = {
  /** Aborts when the connection is over, or the toxic is taken off. */
  readonly signal: AbortSignal
  /** No more bytes come after those that went. */
  end(): void
  /** RST to both sides. */
  reset(): void
  /** Nothing passes any more, the end neither; RST to both sides once the toxic is taken off. */
  lose(): void
}

/** @param atMs when the piece came, on the clock of `performance.now()` */
type Transform = (piece: Buffer, atMs: number) => AsyncIterable<Buffer> | Iterable<Buffer>

/** Made anew for each lane, so that each counts its own bytes. */
export type Toxic = (lane: Lane) => Transform

/** Each piece arrives so much later, in order all the same. */
export function latency(ms: number, jitterMs = 0): Toxic {
  return ({ signal }) =>
    async function* (piece, atMs) {
      const dueMs = atMs + ms + Math.random() * jitterMs
      await sleep(Math.max(0, dueMs - performance.now()), undefined, { signal })
      yield piece
    }
}

export function bandwidth(bytesPerSecond: number): Toxic {
  const stepMs = 20
  return slices(Math.max(1, Math.round((bytesPerSecond * stepMs) / 1_000)), stepMs)
}

/** Small pieces, each a packet of its own. */
export function slices(bytes: number, pauseMs = 0): Toxic {
  return ({ signal }) =>
    async function* (piece) {
      for (let at = 0; at < piece.length; at += bytes) {
        await (pauseMs > 0 ? sleep(pauseMs, undefined, { signal }) : setImmediate())
        yield piece.subarray(at, at + bytes)
      }
    }
}

/** The last byte that passes is the `bytes`-th; then this direction ends in good order, and the other goes on. */
export function halfClose(bytes: number): Toxic {
  return limited(bytes, (lane) => lane.end())
}

/** The last byte that passes is the `bytes`-th; then both sides see RST. */
export function reset(bytes: number): Toxic {
  return limited(bytes, (lane) => lane.reset())
}

/** A cable that was pulled: what is sent from now on is lost, and no one is told. */
export const vanish: Toxic = (lane) => {
  lane.lose()
  return () => []
}

/** Bytes wait until the toxic is taken off, and come late then, but come. */
export const stall: Toxic = ({ signal }) =>
  async function* (piece) {
    await sleep(2 ** 31 - 1, undefined, { signal, ref: false }).catch(() => undefined)
    yield piece
  }

/** Every `every`-th byte, from the `first`-th on, gets other bits. */
export function corrupt(every: number, first = every): Toxic {
  return () => {
    let position = 0
    return (piece) => {
      const bad = Buffer.from(piece)
      for (let at = 0; at < bad.length; at++)
        if (++position >= first && (position - first) % every === 0) bad[at] = (bad[at] ?? 0) ^ 0x80
      return [bad]
    }
  }
}

function limited(bytes: number, then: (lane: Lane) => void): Toxic {
  return (lane) => {
    let left = bytes
    return function* (piece) {
      if (left > 0) yield piece.subarray(0, left)
      left -= piece.length
      if (left <= 0) then(lane)
    }
  }
}
