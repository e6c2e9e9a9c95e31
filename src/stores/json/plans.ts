/** The plans within the state file. */

import type { Plans } from "../../domain/plans/plan.ts"
import { jsonCollection } from "./collection.ts"
import type { StateFile } from "./state-file.ts"

export function jsonPlans(file: StateFile): Plans {
  return jsonCollection(file, "plans", () => undefined)
}
