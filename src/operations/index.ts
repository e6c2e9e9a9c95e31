/** All that can be done to the gateway. Every door is a loop over this list. */

import { applyPlan } from "./apply-plan.ts"
import { approveTools, listHeldItems } from "./approvals.ts"
import type { OperationNames } from "../domain/admission/known-names.ts"
import { auditErase } from "./audit-erase.ts"
import { auditExport } from "./audit-export.ts"
import { auditHead } from "./audit-head.ts"
import { rotateAuditKey } from "./audit-keys.ts"
import { auditQuery } from "./audit-query.ts"
import { auditVerify } from "./audit-verify.ts"
import { removePrincipal, setPrincipal } from "./change-principal.ts"
import { refreshService, removeService, toggleService, updateService } from "./change-service.ts"
import { approvePlan, rejectPlan } from "./decide-plan.ts"
import { getPlanned } from "./find-plan.ts"
import { explainAccess } from "./explain-access.ts"
import { setGrants } from "./grants.ts"
import { diagnoseService, healthcheck } from "./health.ts"
import { configDiff, configHistory } from "./history.ts"
import { inspectService } from "./inspect-service.ts"
import { createKey, listKeys, revokeKey } from "./keys.ts"
import type { Operation } from "./operation.ts"
import { getPlan, listPlans } from "./plans.ts"
import { listPolicies, removePolicy, setPolicy } from "./policies.ts"
import { createPrincipal, listPrincipals } from "./principals.ts"
import { listQuotas, removeQuota, setQuota } from "./quotas.ts"
import { requestAccess } from "./request-access.ts"
import { registerService } from "./register-service.ts"
import { getServiceTools } from "./service-tool-list.ts"
import { rollback } from "./rollback.ts"
import { getServerDetails, listServices } from "./services.ts"
import { simulatePolicy } from "./simulate-policy.ts"
import { getToolUsage } from "./tool-usage.ts"
import { findTools, listIssues } from "./tools.ts"
import { getUsage } from "./usage.ts"
import { whoami } from "./whoami.ts"

export const operations: readonly Operation[] = [
  registerService(() => operationNames),
  updateService(() => operationNames),
  removeService,
  toggleService,
  refreshService,
  listServices,
  getServerDetails,
  getServiceTools,
  listHeldItems,
  approveTools,
  healthcheck,
  diagnoseService,
  inspectService(() => operationNames),
  findTools,
  listIssues,
  whoami,
  requestAccess,
  createPrincipal,
  listPrincipals,
  setPrincipal,
  removePrincipal,
  setGrants,
  createKey,
  listKeys,
  revokeKey,
  setQuota,
  listQuotas,
  removeQuota,
  setPolicy,
  listPolicies,
  removePolicy,
  explainAccess,
  simulatePolicy,
  getUsage,
  getToolUsage,
  configHistory,
  configDiff,
  rollback,
  auditQuery,
  auditVerify,
  auditExport,
  auditHead,
  auditErase,
  rotateAuditKey,
  listPlans,
  getPlan,
  approvePlan((name) => getPlanned(operations, name)),
  rejectPlan,
  applyPlan((name) => getPlanned(operations, name)),
]

const names: ReadonlySet<string> = new Set(operations.map(({ name }) => name))
export const operationNames: OperationNames = {
  operations: [...names],
  changing: new Set(operations.filter((operation) => "draft" in operation).map(({ name }) => name)),
}
