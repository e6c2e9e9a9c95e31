/** What principals may do. The rules that hold for everybody who grants: identity-rules.ts. */

import * as z from "zod"
import { nextVersion } from "../../domain/changes/change.ts"
import { GatewayError } from "../../errors.ts"
import { assertGovernorRemains, assertMayGrant, assertNotAbove, getPrincipal } from "./identity-rules.ts"
import { defineChange } from "../changes/change-operation.ts"
import {
  grantsInput,
  grantsOutput,
  principalRow,
  readGrants,
  sayGrants,
  toGrants,
  toPrincipalRow,
} from "./principal-row.ts"

const principalName = z.string().min(1).max(64).describe("The name of a principal, as list_principals shows it.")

export const setGrants = defineChange({
  name: "set_grants",
  title: "Set what a principal may do",
  summary:
    "Replaces all grants of another principal; what you leave out is taken away, so look at list_principals first. Grants can be for a time only: temporary. You cannot grant what you do not hold, change your own grants, or take govern from the last who holds it. It takes effect at the next call of that principal.",
  group: "identity",
  permission: "grants:write",
  effect: "update",
  risk: "high",
  route: { method: "PUT", path: "/principals/{name}/grants" },
  input: z.strictObject({ name: principalName, grants: grantsInput }),
  output: z.object({ principal: principalRow, before: grantsOutput.describe("For undoing it.") }),
  draft: async (context, { name, grants: given }) => {
    const grants = readGrants(given, context.nowMs)
    const before = await getPrincipal(context, name)
    if (before.id === context.actor.principal.id) {
      throw new GatewayError(
        "forbidden",
        "Nobody changes their own grants; ask another principal that holds grants:write.",
      )
    }
    assertNotAbove(context, before)
    assertMayGrant(context, grants)
    const after = { ...before, grants, version: nextVersion(before) }
    await assertGovernorRemains(context, { principal: after })
    return { changes: [{ subject: "principal", name, before, after }], memo: { before, after } }
  },
  tell: async ({ nowMs }, _input, { memo: { before, after } }) => ({
    principal: toPrincipalRow(after, nowMs),
    before: toGrants(before.grants, nowMs),
  }),
  say: ({ principal: { name, grants }, before }) =>
    `${name} may use: ${sayGrants(grants)}. Before: ${sayGrants(before)}.`,
})
