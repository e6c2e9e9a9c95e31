/** Principals as they come to be otherwise: disabled, renamed for people, in another team, gone. What they may do: grants.ts. */

import * as z from "zod"
import { nextVersion, type ValueChange } from "../../domain/changes/change.ts"
import { principalNameSchema, type Principal } from "../../domain/principal.ts"
import { GatewayError } from "../../errors.ts"
import { defineChange } from "../changes/change-operation.ts"
import {
  assertGovernorRemains,
  assertMayActAs,
  assertMayMove,
  assertNotAbove,
  assertNotOwn,
  getPrincipal,
} from "./identity-rules.ts"
import type { OperationContext } from "../operation.ts"
import { listAll } from "../page.ts"
import { principalRow, toPrincipalRow } from "./principal-row.ts"

const principalName = z.string().min(1).max(64).describe("The name of a principal, as list_principals shows it.")

export const setPrincipal = defineChange({
  name: "set_principal",
  title: "Disable, enable or describe a principal",
  summary:
    "Disables another principal, so that it is refused at once whatever it comes with, or enables it again; sets its title or its team. What you leave out stays. You cannot change yourself or somebody above you, enable somebody who may do more than you, or disable the last who can govern. What it may do is set with set_grants.",
  group: "identity",
  permission: "principals:write",
  effect: "update",
  risk: "medium",
  route: { method: "PATCH", path: "/principals/{name}" },
  input: z.strictObject({
    name: principalName,
    disabled: z.boolean().exactOptional(),
    title: z.string().max(200).exactOptional().describe("For people; empty for none."),
    team: z
      .union([principalNameSchema, z.literal("")])
      .exactOptional()
      .describe("The team it belongs to; empty for none."),
  }),
  output: z.object({ principal: principalRow, before: principalRow.describe("For undoing it.") }),
  draft: async (context, { name, ...changes }) => {
    const before = await getPrincipal(context, name)
    const after = withChanges(before, changes)
    await assertMayChange(context, before, after)
    return { changes: [{ subject: "principal", name, before, after }], memo: { before, after } }
  },
  tell: async ({ nowMs }, _input, { memo: { before, after } }) => ({
    principal: toPrincipalRow(after, nowMs),
    before: toPrincipalRow(before, nowMs),
  }),
  say: ({ principal: { name, disabled, title, team } }) => {
    const facts = [
      ...(title === undefined ? [] : [`titled ${title}`]),
      ...(team === undefined ? [] : [`in ${team}`]),
    ]
    return `${name} is ${[disabled ? "disabled" : "enabled", ...facts].join(", ")}.`
  },
})

export const removePrincipal = defineChange({
  name: "remove_principal",
  title: "Remove a principal",
  summary:
    "Removes another principal for good and revokes its keys; calls that come with them are refused from then on. What it did stays on record. Quotas that name it stay, and count for nobody: end them with remove_quota. You cannot remove yourself, somebody above you, or the last who can govern. To refuse it for a time use set_principal.",
  group: "identity",
  permission: "principals:write",
  effect: "delete",
  risk: "high",
  route: { method: "DELETE", path: "/principals/{name}" },
  input: z.strictObject({ name: principalName }),
  output: z.object({ principal: principalRow.describe("As it was."), keysRevoked: z.int() }),
  draft: async (context, { name }) => {
    const principal = await getPrincipal(context, name)
    assertNotOwn(context, principal)
    assertNotAbove(context, principal)
    await assertGovernorRemains(context, { removed: principal.id })
    const keys = await revokeAll(context, principal)
    return {
      changes: [...keys, { subject: "principal", name, before: principal }],
      memo: { principal, keysRevoked: keys.length },
    }
  },
  tell: async ({ nowMs }, _input, { memo: { principal, keysRevoked } }) => ({
    principal: toPrincipalRow(principal, nowMs),
    keysRevoked,
  }),
  say: ({ principal: { name }, keysRevoked }) => `${name} is gone, and ${keysRevoked} of its keys are revoked.`,
})

type Changes = { readonly disabled?: boolean; readonly title?: string; readonly team?: string }

/** @throws GatewayError `invalid` where nothing is to change */
function withChanges(before: Principal, { disabled, title, team }: Changes): Principal {
  if (disabled === undefined && title === undefined && team === undefined)
    throw new GatewayError("invalid", "Give at least one of disabled, title and team.")
  const { title: titleBefore, team: teamBefore, ...rest } = before
  const kept = { title: title ?? titleBefore ?? "", team: team ?? teamBefore ?? "" }
  return {
    ...rest,
    ...(kept.title !== "" && { title: kept.title }),
    ...(kept.team !== "" && { team: kept.team }),
    disabled: disabled ?? before.disabled,
    version: nextVersion(before),
  }
}

/** @throws GatewayError `forbidden`, `conflict` */
async function assertMayChange(context: OperationContext, before: Principal, after: Principal): Promise<void> {
  assertNotOwn(context, before)
  assertNotAbove(context, before)
  if (before.disabled && !after.disabled) assertMayActAs(context, after)
  assertMayMove(context, before, after)
  await assertGovernorRemains(context, { principal: after })
}

async function revokeAll({ keys, nowMs }: OperationContext, { id }: Principal): Promise<ValueChange<"key">[]> {
  return (await listAll(keys))
    .filter((key) => key.principalId === id && key.revokedAtMs === undefined)
    .map((before) => {
      const after = { ...before, revokedAtMs: nowMs, version: nextVersion(before) }
      return { subject: "key", name: before.id, before, after }
    })
}
