/** The keys within the state file. */

import type { Keys } from "../../domain/principal.ts"
import { jsonCollection } from "./collection.ts"
import type { StateFile } from "./state-file.ts"

export function jsonKeys(file: StateFile): Keys {
  return jsonCollection(file, "keys", () => undefined)
}
