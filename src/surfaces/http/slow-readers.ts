/**
 * An end for connections whose clients have stopped reading: what waits for them is memory of ours. Whatever a connection
 * carries (answers, event streams, WebSockets), what counts is whether the system takes its bytes.
 */

import type { Socket } from "node:net"

export type SlowReaderLimits = {
  /** `limits.stallMs` */
  readonly stallMs: number
  /** `limits.unreadBytes`, of all together. */
  readonly unreadBytes: number
}

type Waiting = { readonly socket: Socket; flushed: number; stalledSinceMs: number; unread: number }

/** What Node.js has of a socket that says how far a large write has come, which `writableLength` does not. */
type Handle = { readonly bytesWritten: number; readonly writeQueueSize: number }

export class SlowReaders {
  readonly #limits: SlowReaderLimits
  readonly #onCut: () => void
  /** Those for which something waits. */
  #waiting = new Map<Socket, Waiting>()

  constructor(limits: SlowReaderLimits, onCut: () => void) {
    this.#limits = limits
    this.#onCut = onCut
  }

  /** @param nowMs on a clock that never jumps */
  look(sockets: Iterable<Socket>, nowMs: number): void {
    const waiting = new Map<Socket, Waiting>()
    let unread = 0
    for (const socket of sockets) {
      if (socket.writableLength === 0 || socket.destroyed) continue
      const one = this.#heed(socket, nowMs)
      unread += one.unread
      waiting.set(socket, one)
    }
    this.#waiting = waiting
    for (const one of waiting.values()) if (nowMs - one.stalledSinceMs >= this.#limits.stallMs) this.#cut(one)
    if (unread > this.#limits.unreadBytes) this.#cutLargest(unread, nowMs)
  }

  #heed(socket: Socket, nowMs: number): Waiting {
    const flushed = flushedOf(socket)
    const known = this.#waiting.get(socket) ?? { socket, flushed: -1, stalledSinceMs: nowMs, unread: 0 }
    known.unread = socket.writableLength
    if (flushed > known.flushed) known.stalledSinceMs = nowMs
    known.flushed = Math.max(flushed, known.flushed)
    return known
  }

  #cutLargest(unread: number, nowMs: number): void {
    const still = [...this.#waiting.values()].filter(({ stalledSinceMs }) => stalledSinceMs < nowMs)
    let left = unread
    for (const one of still.toSorted((a, b) => b.unread - a.unread)) {
      if (left <= this.#limits.unreadBytes) return
      left -= one.unread
      this.#cut(one)
    }
  }

  #cut({ socket }: Waiting): void {
    if (socket.destroyed) return
    this.#onCut()
    socket.destroy()
  }
}

/** Bytes that the system has taken so far. */
function flushedOf(socket: Socket): number {
  const { _handle: handle } = socket as unknown as { readonly _handle: Handle | null }
  return handle ? handle.bytesWritten - handle.writeQueueSize : 0
}
