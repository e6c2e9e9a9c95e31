/** The quotas within the state file. */

import type { Quotas } from "../../domain/quota/quota.ts"
import { jsonCollection } from "./collection.ts"
import type { StateFile } from "./state-file.ts"

export function jsonQuotas(file: StateFile): Quotas {
  return jsonCollection(file, "quotas", () => undefined)
}
