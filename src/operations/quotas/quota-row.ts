/** A quota as operations show it, with what is used of it now. */

import * as z from "zod"
import { fromAmount, quotaUnits } from "../../domain/quota/amount.ts"
import { counterKey, ruleOf } from "../../domain/quota/compiled-quotas.ts"
import type { Count } from "../../domain/quota/counters.ts"
import { saySubject, sayTarget, sayWindow } from "../../domain/quota/quota-words.ts"
import { algorithms, quotaActions, type Quota } from "../../domain/quota/quota.ts"
import { windowAligns } from "../../domain/quota/window.ts"
import type { OperationContext } from "../operation.ts"
import { listAll } from "../page.ts"
import { isoTime } from "../plain-text.ts"

export const quotaRow = z.object({
  id: z.string(),
  name: z.string().optional(),
  subject: z.string(),
  target: z.string(),
  limit: z.number(),
  unit: z.enum(quotaUnits),
  window: z.string(),
  algorithm: z.enum(algorithms),
  align: z.enum(windowAligns),
  time_zone: z.string(),
  alert_at: z.array(z.int()),
  action: z.enum(quotaActions),
  contact: z.string().describe("Whom to ask for more."),
  used: z.number().describe("Now; above the limit where a call turned out to take more than was known before it."),
  left: z.number(),
  usedBy: z.string().optional().describe("The principal whose use is shown, where each has its own allowance."),
  resetsAt: z.string().describe("ISO 8601, UTC: when all of it is there again, if no more is used."),
  createdAt: z.string(),
  changedAt: z.string(),
})

export type QuotaRow = z.input<typeof quotaRow>

/** @param user whose use is shown of quotas that count each principal for itself */
export async function toQuotaRows(
  { principals, counters, nowMs }: Pick<OperationContext, "principals" | "counters" | "nowMs">,
  quotas: readonly Quota[],
  user: { readonly id: string; readonly name: string },
): Promise<QuotaRow[]> {
  const names = new Map((await listAll(principals)).map(({ id, name }) => [id, name]))
  const asked = quotas.map((quota) => ({ key: counterKey(quota, user.id), rule: ruleOf(quota) }))
  const counts = await counters.read(asked, nowMs)
  return quotas.map((quota, at) => ({
    ...factsOf(quota, (id) => names.get(id) ?? id),
    ...useOf(quota, counts[at], nowMs),
    usedBy: quota.subject.kind === "each_principal" ? user.name : undefined,
  }))
}

function factsOf(
  quota: Quota,
  nameOf: (principalId: string) => string,
): Omit<QuotaRow, "used" | "left" | "resetsAt"> {
  const { id, name, subject, target, limit, unit, window, algorithm, alertAt, action, contact } = quota
  return {
    id,
    name,
    subject: saySubject(subject, nameOf),
    target: sayTarget(target),
    limit,
    unit,
    window: sayWindow(window),
    algorithm,
    align: window.align,
    time_zone: window.timeZone,
    alert_at: [...alertAt],
    action,
    contact,
    createdAt: isoTime(quota.createdAtMs),
    changedAt: isoTime(quota.changedAtMs),
  }
}

function useOf(
  { unit }: Quota,
  count: Count | undefined,
  nowMs: number,
): Pick<QuotaRow, "used" | "left" | "resetsAt"> {
  const { used = 0, limit = 0, resetsAtMs = nowMs } = count ?? {}
  return {
    used: fromAmount(unit, used),
    left: fromAmount(unit, Math.max(0, limit - used)),
    resetsAt: isoTime(resetsAtMs),
  }
}
