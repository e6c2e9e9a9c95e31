/** What holds for whatever is brought back: who may, and that it is still as it was left. */

import type { Change } from "../../domain/changes/change.ts"
import type { JsonObject } from "../../domain/changes/history.ts"
import type { Permission } from "../../domain/permission.ts"
import { GatewayError } from "../../errors.ts"
import type { OperationContext } from "../operation.ts"
import type { Wanted } from "./undo-draft.ts"

/** `change` where there is something to change, `note` where not all of it can come back. */
export type Restored = { readonly change?: Change; readonly note?: string }

/** @throws GatewayError `forbidden` */
export function assertHolds({ actor }: Pick<OperationContext, "actor">, permission: Permission): void {
  if (actor.may.holds(permission)) return
  const text = `To bring this back you need the permission ${permission}, as you would to change it. Ask a principal that holds it.`
  throw new GatewayError("forbidden", text, { detail: { permission } })
}

/** @throws GatewayError `conflict` where something changed it that no revision tells of */
export function assertAsLeft(
  what: string,
  left: Wanted["left"],
  current: JsonObject | undefined,
  isSame: (one: JsonObject, other: JsonObject) => boolean,
): void {
  if (left === "any" || (left === undefined && current === undefined)) return
  if (left !== undefined && current !== undefined && isSame(left, current)) return
  throw new GatewayError(
    "conflict",
    `The ${what} is no longer as that revision left it; look at config_history.`,
    {
      next: { operation: "config_history" },
    },
  )
}
