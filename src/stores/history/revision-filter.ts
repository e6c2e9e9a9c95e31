/** Which revisions somebody asks for. */

import type { RevisionFilter } from "../../domain/changes/history.ts"
import type { SealedRevision } from "./revisions.ts"

export function fits({ atMs, who, changes }: SealedRevision, filter: RevisionFilter): boolean {
  const { service, principal, fromMs = 0, toMs = Number.POSITIVE_INFINITY } = filter
  if (atMs < fromMs || atMs >= toMs) return false
  if (principal !== undefined && (who.kind !== "principal" || who.name !== principal)) return false
  return service === undefined || changes.some(({ subject, name }) => subject === "service" && name === service)
}
