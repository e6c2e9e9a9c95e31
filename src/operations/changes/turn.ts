/**
 * One after the other: operations that look at several things before they change one must not do so at once, or two
 * harmless changes come to a harmful one.
 */

const last = new WeakMap<object, Promise<unknown>>()

/** Runs the work when all work on the same subject that was asked for before has ended. */
export function inTurn<T>(subject: object, work: () => Promise<T>): Promise<T> {
  const turn = (last.get(subject) ?? Promise.resolve()).then(work)
  last.set(
    subject,
    turn.catch(() => undefined),
  )
  return turn
}
