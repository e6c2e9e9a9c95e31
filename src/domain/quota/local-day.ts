/** Where days begin in a time zone, by what the runtime knows of it. For windows of the calendar: window.ts. */

/** Most windows are of it, and need nothing of what the runtime knows of zones and calendars: that takes 8 MB. */
const utc = "UTC"
const hourMs = 3_600_000
/** No zone was ever farther from UTC. */
const maxOffsetMs = 16 * hourMs
const maxRemembered = 1_000

const clocks = new Map<string, Intl.DateTimeFormat>()
const starts = new Map<string, number>()

export function isTimeZone(name: string): boolean {
  if (name === utc) return true
  try {
    return newClock(name) !== undefined
  } catch {
    return false
  }
}

/** `month` counts from 0. */
export function dateAt(
  timeZone: string,
  atMs: number,
): { readonly year: number; readonly month: number; readonly day: number } {
  const date = new Date(wallTime(timeZone, atMs))
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() }
}

/**
 * The instant at which a local date begins, given as the midnight in UTC of the same date. A date whose midnight is
 * left out begins with its first moment; one that is left out whole begins with the next.
 */
export function dayStart(timeZone: string, utcMidnightMs: number): number {
  if (timeZone === utc) return utcMidnightMs
  const key = `${timeZone} ${utcMidnightMs}`
  const known = starts.get(key)
  if (known !== undefined) return known
  const start = findDayStart(timeZone, utcMidnightMs)
  if (starts.size >= maxRemembered) starts.clear()
  starts.set(key, start)
  return start
}

function findDayStart(timeZone: string, utcMidnightMs: number): number {
  let before = utcMidnightMs - maxOffsetMs
  let reached = utcMidnightMs + maxOffsetMs
  while (reached - before > 1) {
    const middle = Math.floor((before + reached) / 2)
    if (wallTime(timeZone, middle) >= utcMidnightMs) reached = middle
    else before = middle
  }
  return reached
}

/** What a clock on the wall shows, as if it hung in UTC. */
export function wallTime(timeZone: string, atMs: number): number {
  if (timeZone === utc) return atMs
  const part: Record<string, number> = {}
  for (const { type, value } of clockOf(timeZone).formatToParts(atMs)) part[type] = Number(value)
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((atMs % 1_000) + 1_000) % 1_000)
}

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone)
  if (known) return known
  const clock = newClock(timeZone)
  if (clocks.size >= maxRemembered) clocks.clear()
  clocks.set(timeZone, clock)
  return clock
}

function newClock(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  })
}
