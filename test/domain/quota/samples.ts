/** Quotas to test with: those of one principal, 37 calls per hour on everything, unless told otherwise. */

import { quotaSchema, type Quota } from "../../../src/domain/quota/quota.ts"

export type QuotaChanges = Partial<Omit<Quota, "window">> & { readonly window?: Partial<Quota["window"]> }

export function quotaOf(id: string, { window, ...changes }: QuotaChanges = {}): Quota {
  return quotaSchema.parse({
    id,
    subject: { kind: "principal", principalId: "ann" },
    target: { kind: "everything" },
    limit: 37,
    unit: "calls",
    algorithm: "fixed_window",
    window: { unit: "hour", count: 1, align: "rolling", timeZone: "UTC", ...window },
    alertAt: [80, 100],
    action: "refuse",
    contact: "admin",
    counter: `counter of ${id}`,
    createdAtMs: 0,
    createdBy: "admin",
    changedAtMs: 0,
    version: 1,
    ...changes,
  })
}
