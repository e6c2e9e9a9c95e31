/** How long to wait before trying again. Who tries again, and what for: the callers. */

/**
 * Exponential backoff with full jitter, in ms: anything from nothing to a limit that doubles with each attempt, so
 * that many who failed together do not come back together.
 *
 * @param attempt 0 for the first wait
 * @param random a number from 0 up to but not including 1
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(
  attempt: number,
  { baseMs = 250, capMs = 30_000 }: { baseMs?: number; capMs?: number },
  random: () => number,
): number {
  return Math.floor(random() * Math.min(capMs, baseMs * 2 ** attempt))
}
