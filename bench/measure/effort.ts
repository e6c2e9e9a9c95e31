/** How much a run takes upon itself. */

export type Effort = {
  readonly rounds: number
  /** Of one round; wrk knows whole seconds only. */
  readonly seconds: number
  /** Before the first round of each subject: Node compiles on for several seconds under load. */
  readonly warmSeconds: number
  /** Sizes of what grows (sessions, services, principals, rules) are divided by it. */
  readonly smaller: number
  /** Of the audit log that a gateway starts with. */
  readonly entries: number
}

export const usualEffort: Effort = { rounds: 5, seconds: 3, warmSeconds: 8, smaller: 1, entries: 1_000_000 }

/** For tests of the benches themselves: whether they run, not what they find. */
export const leastEffort: Effort = { rounds: 1, seconds: 1, warmSeconds: 0, smaller: 100, entries: 1_000 }

export function scaled(size: number, { smaller }: Effort): number {
  return Math.max(1, Math.ceil(size / smaller))
}
