/** Whether somebody should look at a service before what it says first is trusted. */

import type { Definitions } from "../../domain/admission/definition-texts.ts"
import type { OperationNames } from "../../domain/admission/known-names.ts"

/** Names of other services are left out: which of two came first is chance, and a prefix parts them. */
export async function isGrave(definitions: Definitions, operations: OperationNames): Promise<boolean> {
  const { holds, inspectDefinitions } = await import("../../domain/admission/inspect-definitions.ts") // seldom needed
  return holds({ findings: await inspectDefinitions(definitions, { ...operations, others: [] }) })
}
