/** All that can be done to the gateway. Every door is a loop over this list. */

import { applyPlan } from "./plans/apply-plan.ts"
import { approveTools, listHeldItems } from "./definitions/approvals.ts"
import type { OperationNames } from "../domain/admission/known-names.ts"
import { auditErase } from "./audit/audit-erase.ts"
import { auditExport } from "./audit/audit-export.ts"
import { auditHead } from "./audit/audit-head.ts"
import { rotateAuditKey } from "./audit/audit-keys.ts"
import { auditQuery } from "./audit/audit-query.ts"
import { auditVerify } from "./audit/audit-verify.ts"
import { removePrincipal, setPrincipal } from "./identity/change-principal.ts"
import { refreshService, removeService, toggleService, updateService } from "./services/change-service.ts"
import { approvePlan, rejectPlan } from "./plans/decide-plan.ts"
import { getPlanned } from "./plans/find-plan.ts"
import { explainAccess } from "./policies/explain-access.ts"
import { setGrants } from "./identity/grants.ts"
import { diagnoseService, healthcheck } from "./services/health.ts"
import { configDiff, configHistory } from "./history/history.ts"
import { inspectService } from "./definitions/inspect-service.ts"
import { createKey, listKeys, revokeKey } from "./identity/keys.ts"
import type { Operation } from "./operation.ts"
import { getPlan, listPlans } from "./plans/plans.ts"
import { listPolicies, removePolicy, setPolicy } from "./policies/policies.ts"
import { createPrincipal, listPrincipals } from "./identity/principals.ts"
import { listQuotas, removeQuota, setQuota } from "./quotas/quotas.ts"
import { requestAccess } from "./identity/request-access.ts"
import { registerService } from "./services/register-service.ts"
import { getServiceTools } from "./services/service-tool-list.ts"
import { rollback } from "./history/rollback.ts"
import { getServerDetails, listServices } from "./services/services.ts"
import { simulatePolicy } from "./policies/simulate-policy.ts"
import { getToolUsage } from "./tools/tool-usage.ts"
import { findTools, listIssues } from "./tools/tools.ts"
import { getUsage } from "./quotas/usage.ts"
import { whoami } from "./identity/whoami.ts"

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
