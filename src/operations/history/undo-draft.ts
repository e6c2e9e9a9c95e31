/**
 * Which things have to become what again, for one revision to be undone or for all behind one to be. How each is brought
 * back, and whether the actor may: restore.ts.
 */

import type { JsonObject, Revision, WholeRecord } from "../../domain/changes/history.ts"
import { GatewayError } from "../../errors.ts"
import { keyOf, touchedBy } from "./compare-states.ts"
import type { OperationContext } from "../operation.ts"

export type Wanted = Pick<WholeRecord, "subject" | "id" | "name"> & {
  /** As it shall be again; absent where it was not there. */
  readonly target: JsonObject | undefined
  /** As it must be now for that to make sense; absent where it must not be there. Not asked where it is "any". */
  readonly left: JsonObject | undefined | "any"
  /** What was done, of something that cannot be undone. */
  readonly words?: string | undefined
}

/** @throws GatewayError `not_found`, `conflict` where it took no effect, or later revisions touched the same */
export async function wantedWithout({ history }: OperationContext, number: number): Promise<readonly Wanted[]> {
  const [undone, ...later] = await history.between(number - 1, history.head())
  if (!undone || number < 1) throw notThere(number)
  const touched = touchedBy([undone])
  if (touched.length === 0)
    throw new GatewayError("conflict", `Revision ${number} took no effect; there is nothing to undo.`)
  refuseTouchedAgain(undone.number, touched.map(keyOf), later)
  return touched.map(({ subject, id, name, before, after, diff }) => ({
    subject,
    id,
    name,
    target: before,
    left: after,
    words: diff[0],
  }))
}

/** @throws GatewayError `not_found` */
export async function wantedBack({ history }: OperationContext, to: number): Promise<readonly Wanted[]> {
  if (to > history.head()) throw notThere(to)
  const touched = touchedBy(await history.between(to, history.head()))
  return touched.toReversed().map(({ subject, id, name, before, after, diff }) => ({
    subject,
    id,
    name,
    target: before,
    left: subject === "pins" ? after : "any",
    words: diff[0],
  }))
}

function refuseTouchedAgain(
  number: number,
  keys: readonly string[],
  later: readonly Revision<WholeRecord>[],
): void {
  const touching = later.filter((revision) => touchedBy([revision]).some((one) => keys.includes(keyOf(one))))
  if (touching.length === 0) return
  const numbers = touching.map((revision) => revision.number)
  const list = numbers.slice(0, 20).join(", ")
  throw new GatewayError(
    "conflict",
    `Revision ${number} cannot be undone by itself: revisions ${list} changed the same things later. Undo those first, or go back to before it with to: ${number - 1}.`,
    {
      detail: { revisions: numbers.slice(0, 100) },
      next: { operation: "rollback", arguments: { to: number - 1 } },
    },
  )
}

function notThere(number: number): GatewayError {
  return new GatewayError("not_found", `There is no revision ${number}.`, {
    next: { operation: "config_history" },
  })
}
