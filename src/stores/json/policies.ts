/** The policies within the state file. */

import type { Policies } from "../../domain/policy/policy.ts"
import { jsonCollection } from "./collection.ts"
import type { StateFile } from "./state-file.ts"

export function jsonPolicies(file: StateFile): Policies {
  return jsonCollection(file, "policies", () => undefined)
}
