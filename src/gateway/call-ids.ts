/**
 * Ids of calls: the start of the gateway, the time, and what was drawn, as in a UUID of version 7 (RFC 9562, 5.7). By the
 * time an index of them grows at its end; all drawn, each entry would dirty a page of its own. Counted ones would tell
 * who was refused how many calls others make.
 */

const timeDigits = 12
const drawnDigits = 12

/** @param startId of this start of the gateway; @returns makes an id for a moment in epoch ms */
export function callIds(startId: string, newHex: (digits: number) => string): (nowMs: number) => string {
  return (nowMs) => `${startId}.${nowMs.toString(16).padStart(timeDigits, "0")}${newHex(drawnDigits)}`
}
