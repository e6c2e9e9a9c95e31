/**
 * One timer for all long-lived connections, instead of one each: every 15 s it lets each say that it is alive and see
 * whether its peer is. Used by sse-writer.ts and websocket-channel.ts.
 */

const heartbeatMs = 15_000
const beats = new Set<() => void>()
let timer: NodeJS.Timeout | undefined

/** Calls `beat` every 15 s until the function it answers is called. It never keeps the process alive. */
export function onHeartbeat(beat: () => void): () => void {
  beats.add(beat)
  timer ??= setInterval(beatAll, heartbeatMs).unref()
  return () => {
    beats.delete(beat)
    if (beats.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

function beatAll(): void {
  for (const beat of beats) beat()
}
