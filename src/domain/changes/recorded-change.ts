/** A change as history keeps it: what may be shown of it, and what undoing it takes. What is kept of all: history.ts. */

import { showChange, type ShownChange } from "./change-shown.ts"
import type { Change } from "./change.ts"
import type { JsonObject, WholeRecord } from "./history.ts"
import type { PinChange } from "../pins/pin.ts"

export function recordOf(change: Change): WholeRecord {
  const shown = showChange(change)
  if (change.subject === "deed") return { ...shown, id: change.name }
  if (change.subject === "pins") return recordOfPins(shown, change)
  const { before, after, name } = change
  const id = change.subject === "service" ? name : ((change.after ?? change.before)?.id ?? name)
  return { ...shown, id, ...(before && { before: keptOf(before) }), ...(after && { after: keptOf(after) }) }
}

function recordOfPins(
  shown: ShownChange,
  { name, before, after }: PinChange & { readonly name: string },
): WholeRecord {
  return { ...shown, id: name, before: keptOf({ approved: before }), after: keptOf({ approved: after }) }
}

/** A credential that was taken away does not come back, so what proves it is not kept, not even sealed. */
const proofs = new Set(["hash", "passwordHash"])

/** As JSON has it, so that what is read back is the same. */
export function keptOf(value: object): JsonObject {
  const entries = Object.entries(value).filter(([name, member]) => !proofs.has(name) && member !== undefined)
  return JSON.parse(JSON.stringify(Object.fromEntries(entries))) as JsonObject
}
