/**
 * The most that a governed call may take before `npm test` fails. All leave room above what was measured when they were
 * set, so that only a real loss is one: see docs/performance.md. Who makes the call cheaper lowers them.
 */
export const budget = {
  /** On the heap of the main thread, per call. */
  allocatedBytes: 90_000,
  /** Of those, what is still there when young objects were collected twice, per call: it waits for a full collection. */
  agedBytes: 2_000,
  /** Of the main thread's CPU, in multiples of the bare Node proxy's. */
  mainThreadRatio: 9,
} as const
