/** How much principals may use. Who may set it for whom: quota-rules.ts; how one is made: quota-draft.ts. */

import * as z from "zod"
import { countsFor } from "../../domain/quota/compiled-quotas.ts"
import type { Quota } from "../../domain/quota/quota.ts"
import type { Principal } from "../../domain/principal.ts"
import { GatewayError } from "../../errors.ts"
import { getPrincipal } from "../identity/identity-rules.ts"
import { defineChange } from "../changes/change-operation.ts"
import { defineOperation, type OperationContext } from "../operation.ts"
import { listAll, pageInput, pageOf, pageOutput } from "../page.ts"
import { formatTable, more } from "../plain-text.ts"
import { draftQuota, quotaInput } from "./quota-draft.ts"
import { quotaRow, toQuotaRows, type QuotaRow } from "./quota-row.ts"
import { assertMaySet, getQuota } from "./quota-rules.ts"

export const setQuota = defineChange({
  name: "set_quota",
  title: "Set a quota",
  summary:
    "Limits how many calls, bytes, ms of compute or USD a principal, key or team, everyone together or each principal may use in a time, on everything, a service or a tool; or changes such a quota: the one with the id, else one of the same subject, target, unit and window. What you leave out of a change stays. All quotas that cover a call must have room for it; management operations are never counted. You cannot set, change or remove a quota that names you, your key or your team. It takes effect at the next call. See list_quotas.",
  group: "quotas",
  permission: "quotas:write",
  effect: "update",
  risk: "medium",
  route: { method: "PUT", path: "/quotas" },
  input: z.strictObject(quotaInput),
  output: z.object({ quota: quotaRow, created: z.boolean().describe("False where one was changed.") }),
  draft: async (context, input) => {
    const { before, after } = await draftQuota(context, input)
    const name = after.name ?? after.id
    return { changes: [{ subject: "quota", name, before, after }], memo: { quota: after, created: !before } }
  },
  tell: async (context, _input, { memo: { quota, created } }) => ({ quota: await toRow(context, quota), created }),
  say: ({ quota, created }) => {
    const { id, subject, target, action, algorithm, limit, unit, window } = quota
    const verb = action === "warn" ? "is warned about above" : "may use"
    return `${created ? "Set" : "Changed"}: ${subject} ${verb} ${limit} ${unit} per ${window} (${algorithm}) on ${target}. Its id is ${id}.`
  },
})

export const listQuotas = defineOperation({
  name: "list_quotas",
  title: "List the quotas",
  summary:
    "Lists quotas with what is used of each, what is left, and when it resets. With quotas:read it shows all, or those that cover one principal; else those that cover you. Use it when a call was refused with quota_exceeded: it says how long to wait and whom to ask for more. Change them with set_quota, end them with remove_quota.",
  group: "quotas",
  permission: "self:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/quotas" },
  resource: {
    uri: "gateway://quotas/me",
    events: ["quotas", "identity"],
    input: ({ principal }) => ({ principal: principal.name }),
  },
  input: z.strictObject({
    principal: z.string().min(1).max(64).optional().describe("Only those that cover this principal, by name."),
    ...pageInput,
  }),
  output: z.object({ quotas: z.array(quotaRow), ...pageOutput }),
  run: async (context, { principal: name, ...page }) => {
    const whose = await whoseQuotas(context, name)
    const all = await listAll(context.quotas)
    const shown = whose === undefined ? all : await thoseOf(context, all, whose)
    const { items, nextCursor } = pageOf(shown, ({ id }) => id, page)
    return { quotas: await toQuotaRows(context, items, whose ?? context.actor.principal), nextCursor }
  },
  say: ({ quotas, nextCursor }) => {
    if (quotas.length === 0) return "No quotas."
    const rows = quotas.map((quota) => [quota.id, quota.name, quota.subject, quota.target, ...useCells(quota)])
    return formatTable(["ID", "NAME", "SUBJECT", "TARGET", "USED", "RESETS", "ASK"], rows) + more(nextCursor)
  },
})

export const removeQuota = defineChange({
  name: "remove_quota",
  title: "Remove a quota",
  summary:
    "Ends a quota at once: what it limited is limited only by others that cover it. Find its id with list_quotas. You cannot remove one that covers you, by name or as one of everyone. To raise it use set_quota.",
  group: "quotas",
  permission: "quotas:write",
  effect: "delete",
  risk: "medium",
  route: { method: "DELETE", path: "/quotas/{id}" },
  input: z.strictObject({ id: z.string().min(1).max(64).describe("As list_quotas shows it.") }),
  output: z.object({ quota: quotaRow.describe("As it was, for setting it again.") }),
  draft: async (context, { id }) => {
    const before = await getQuota(context, id)
    await assertMaySet(context, { before })
    const name = before.name ?? id
    return { changes: [{ subject: "quota", name, before }], memo: await toRow(context, before) }
  },
  tell: async (_context, _input, { memo: quota }) => ({ quota }),
  say: ({ quota: { subject, target, limit, unit, window } }) =>
    `Removed: ${limit} ${unit} per ${window} for ${subject} on ${target}.`,
})

async function toRow(context: OperationContext, quota: Quota): Promise<QuotaRow> {
  const [row] = await toQuotaRows(context, [quota], context.actor.principal)
  if (!row) throw new GatewayError("internal", "A quota could not be shown.")
  return row
}

/**
 * @returns undefined for everybody's
 * @throws GatewayError `forbidden`, `not_found`
 */
async function whoseQuotas(context: OperationContext, name: string | undefined): Promise<Principal | undefined> {
  const { principal, may } = context.actor
  if (name === principal.name) return principal
  if (may.holds("quotas:read")) return name === undefined ? undefined : getPrincipal(context, name)
  if (name === undefined) return principal
  throw new GatewayError(
    "forbidden",
    "The quotas of others need the permission quotas:read; leave the principal out.",
  )
}

async function thoseOf(
  context: OperationContext,
  all: readonly Quota[],
  { id: principalId, team }: Principal,
): Promise<readonly Quota[]> {
  const keys = (await listAll(context.keys)).filter((key) => key.principalId === principalId)
  const users = [undefined, ...keys].map((key) => ({ principalId, team, keyId: key?.id }))
  return all.filter((quota) => users.some((user) => countsFor(quota, user)))
}

function useCells({ used, usedBy, limit, unit, window, resetsAt, contact }: QuotaRow): readonly string[] {
  const by = usedBy === undefined ? "" : ` (${usedBy})`
  return [`${used} of ${limit} ${unit} per ${window}${by}`, resetsAt, contact]
}
