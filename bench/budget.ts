/**
 * The most that a governed call may take before `npm test` fails. Both leave room above what was measured when they were
 * set, so that only a real loss is one: see docs/performance.md. Who makes the call cheaper lowers them.
 */
export const budget = {
  /** On the heap of the main thread, per call. */
  allocatedBytes: 90_000,
  /** Of the main thread's CPU, in multiples of the bare Node proxy's. */
  mainThreadRatio: 9,
} as const
