/** The principals within the state file: no two of one name. */

import type { Principals } from "../../domain/principal.ts"
import { GatewayError } from "../../errors.ts"
import { jsonCollection } from "./collection.ts"
import type { StateFile } from "./state-file.ts"

export function jsonPrincipals(file: StateFile): Principals {
  const collection = jsonCollection(file, "principals", ({ name }, others) => {
    if (others.some((other) => other.name.toLowerCase() === name.toLowerCase())) {
      throw new GatewayError("conflict", `A principal named ${name}, in upper or lower case, exists already.`, {
        next: { operation: "list_principals" },
      })
    }
  })
  return { ...collection, findByName: async (name) => file.items("principals").find((item) => item.name === name) }
}
