/** All that can be done to the gateway. Every door is a loop over this list. */

import { refreshService, removeService, toggleService, updateService } from "./change-service.ts"
import { setGrants } from "./grants.ts"
import { diagnoseService, healthcheck } from "./health.ts"
import { createKey, listKeys, revokeKey } from "./keys.ts"
import type { Operation } from "./operation.ts"
import { createPrincipal, listPrincipals } from "./principals.ts"
import { registerService } from "./register-service.ts"
import { getServiceTools } from "./service-tool-list.ts"
import { getServerDetails, listServices } from "./services.ts"
import { findTools, listIssues } from "./tools.ts"
import { whoami } from "./whoami.ts"

export const operations: readonly Operation[] = [
  registerService(() => names),
  updateService,
  removeService,
  toggleService,
  refreshService,
  listServices,
  getServerDetails,
  getServiceTools,
  healthcheck,
  diagnoseService,
  findTools,
  listIssues,
  whoami,
  createPrincipal,
  listPrincipals,
  setGrants,
  createKey,
  listKeys,
  revokeKey,
]

const names: ReadonlySet<string> = new Set(operations.map(({ name }) => name))
