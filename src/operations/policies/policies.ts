/** Policies: set, listed and removed. Who may write what: policy-rules.ts. Why a call is refused: explain-access.ts. */

import * as z from "zod"
import { nextVersion } from "../../domain/changes/change.ts"
import { policySchema, type Policy } from "../../domain/policy/policy.ts"
import { GatewayError } from "../../errors.ts"
import { defineChange } from "../changes/change-operation.ts"
import { defineOperation, type OperationContext } from "../operation.ts"
import { listAll, pageInput, pageOf, pageOutput } from "../page.ts"
import { formatTable, isoTime, more } from "../plain-text.ts"
import { assertMayWrite, assertRoom } from "./policy-rules.ts"

const policyRow = z.object({
  ...policySchema.shape,
  createdBy: z.string().describe("The id of a principal."),
  createdAt: z.string(),
  changedAt: z.string(),
})

export const setPolicy = defineChange({
  name: "set_policy",
  title: "Set a policy",
  summary:
    "Puts a policy in the place of the one with its id, or adds it. A rule denies or allows calls of tools, prompts and resources by who calls, what, with which arguments, when, from where. A rule that denies wins over everything; else a call is let through if grants allow it or a rule does. What a rule that denies cannot judge (an absent argument, an unknown address) it denies. mode shadow decides nothing and puts on record what it would have decided. You cannot write a rule that selects yourself, or allow what you do not hold. Try it first with simulate_policy.",
  group: "policies",
  permission: "policies:write",
  effect: "update",
  risk: "high",
  route: { method: "PUT", path: "/policies" },
  input: z.strictObject({ policy: policySchema }),
  output: z.object({ policy: policyRow, created: z.boolean().describe("False where one was changed.") }),
  draft: async (context, { policy }) => {
    const before = await context.policies.find(policy.id)
    const after = keptFrom(context, policy, before)
    assertMayWrite(context, { before, after })
    assertRoom(await listAll(context.policies), { before, after })
    return { changes: [{ subject: "policy", name: policy.id, before, after }], memo: { after, created: !before } }
  },
  tell: async (_context, _input, { memo: { after, created } }) => ({ policy: toRow(after), created }),
  say: ({ policy, created }) => `${created ? "Set" : "Changed"}: ${sayPolicy(policy)}`,
})

export const listPolicies = defineOperation({
  name: "list_policies",
  title: "List the policies",
  summary:
    "Lists the policies with their rules. Use it before set_policy, which replaces a policy whole. Why a call is let through or not says explain_access.",
  group: "policies",
  permission: "policies:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/policies" },
  input: z.strictObject(pageInput),
  output: z.object({ policies: z.array(policyRow), ...pageOutput }),
  run: async ({ policies }, page) => {
    const { items, nextCursor } = pageOf(await listAll(policies), ({ id }) => id, page)
    return { policies: items.map(toRow), nextCursor }
  },
  say: ({ policies, nextCursor }) => {
    if (policies.length === 0) return "No policies: grants alone decide."
    const rows = policies.map(({ id, name, mode, rules }) => [id, name, mode, rules.map(sayRule).join(", ")])
    return formatTable(["ID", "NAME", "MODE", "RULES"], rows) + more(nextCursor)
  },
})

export const removePolicy = defineChange({
  name: "remove_policy",
  title: "Remove a policy",
  summary:
    "Ends a policy at once: what its rules denied is denied only by others, what they allowed only where grants allow it. You cannot remove one that has a rule which selects yourself. To keep its rules without their effect set its mode to off with set_policy.",
  group: "policies",
  permission: "policies:write",
  effect: "delete",
  risk: "high",
  route: { method: "DELETE", path: "/policies/{id}" },
  input: z.strictObject({ id: z.string().min(1).max(64).describe("As list_policies shows it.") }),
  output: z.object({ policy: policyRow.describe("As it was, for setting it again.") }),
  draft: async (context, { id }) => {
    const before = await getPolicy(context, id)
    assertMayWrite(context, { before, after: undefined })
    return { changes: [{ subject: "policy", name: id, before }], memo: before }
  },
  tell: async (_context, _input, { memo }) => ({ policy: toRow(memo) }),
  say: ({ policy }) => `Removed: ${sayPolicy(policy)}`,
})

function keptFrom(
  { nowMs, actor }: OperationContext,
  policy: z.output<typeof policySchema>,
  before: Policy | undefined,
): Policy {
  const { createdAtMs = nowMs, createdBy = actor.principal.id } = before ?? {}
  return { ...policy, createdAtMs, createdBy, changedAtMs: nowMs, version: nextVersion(before) }
}

/** @throws GatewayError `not_found` */
async function getPolicy({ policies }: Pick<OperationContext, "policies">, id: string): Promise<Policy> {
  const policy = await policies.find(id)
  if (policy) return policy
  throw new GatewayError("not_found", `There is no policy with the id ${id}.`, {
    next: { operation: "list_policies" },
  })
}

function toRow({ version: _version, createdAtMs, changedAtMs, ...policy }: Policy): z.input<typeof policyRow> {
  return { ...policy, rules: [...policy.rules], createdAt: isoTime(createdAtMs), changedAt: isoTime(changedAtMs) }
}

function sayPolicy({ id, mode, rules }: Pick<z.output<typeof policyRow>, "id" | "mode" | "rules">): string {
  return `${id} (${mode}): ${rules.length === 0 ? "no rules" : rules.map(sayRule).join(", ")}.`
}

function sayRule({ id, effect }: { readonly id: string; readonly effect: string }): string {
  return `${effect} ${id}`
}
