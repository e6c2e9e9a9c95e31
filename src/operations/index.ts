/** The list of operations: every door is a loop over it. */

import type { Operation } from "./operation.ts"

export const operations: readonly Operation[] = []
