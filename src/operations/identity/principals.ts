/** Who may call. What they may do: grants.ts; their keys: keys.ts. */

import * as z from "zod"
import { principalNameSchema, type Principal } from "../../domain/principal.ts"
import { nextVersion } from "../../domain/changes/change.ts"
import { GatewayError } from "../../errors.ts"
import { assertMayGrant, assertMayMove, assertNameFree } from "./identity-rules.ts"
import { defineChange } from "../changes/change-operation.ts"
import { defineOperation } from "../operation.ts"
import { listAll, pageInput, pageOf, pageOutput } from "../page.ts"
import { formatTable, more } from "../plain-text.ts"
import {
  grantsInput,
  principalKind,
  principalRow,
  readGrants,
  sayGrants,
  toGrants,
  toPrincipalRow,
} from "./principal-row.ts"

export const createPrincipal = defineChange({
  name: "create_principal",
  title: "Create a principal",
  summary:
    "Creates somebody who may call: a human, an agent or a workload, with grants that are no wider than your own; without grants it may do nothing. It needs a credential to come with: make one with create_key. Change its grants later with set_grants.",
  group: "identity",
  permission: "principals:write",
  effect: "create",
  risk: "high",
  route: { method: "POST", path: "/principals" },
  input: z.strictObject({
    name: principalNameSchema.describe("1 to 64 of A-Z a-z 0-9 _ . @ -"),
    kind: principalKind,
    title: z.string().max(200).optional().describe("For people."),
    team: principalNameSchema
      .optional()
      .describe("The team it belongs to, for quotas over teams; written like a name."),
    grants: grantsInput.optional(),
    password: z
      .string()
      .min(1)
      .max(1_024)
      .optional()
      .describe("For people who sign in; agents and workloads use keys."),
  }),
  output: z.object({ principal: principalRow }),
  draft: async (context, { name, kind, title, team, grants: given, password }) => {
    const grants = readGrants(given ?? grantsInput.parse({}), context.nowMs)
    if (sayGrants(toGrants(grants, context.nowMs)) !== "nothing" && !context.actor.may.holds("grants:write")) {
      throw new GatewayError("forbidden", "Granting needs the permission grants:write; leave the grants out.")
    }
    assertMayGrant(context, grants)
    const passwordHash = password === undefined ? undefined : await context.passwords.hash(password)
    await assertNameFree(context, name)
    const after: Principal = {
      id: context.newId(),
      name,
      kind,
      ...(title !== undefined && { title }),
      ...(team !== undefined && { team }),
      grants,
      disabled: false,
      createdAtMs: context.nowMs,
      createdBy: context.actor.principal.id,
      ...(passwordHash !== undefined && { passwordHash }),
      version: nextVersion(undefined),
    }
    assertMayMove(context, undefined, after)
    return { changes: [{ subject: "principal", name, after }], memo: after }
  },
  tell: async ({ nowMs }, _input, { memo: principal }) => ({ principal: toPrincipalRow(principal, nowMs) }),
  say: ({ principal: { name, kind, grants, hasPassword } }) => {
    const next = hasPassword ? "" : " Make it a key with create_key."
    return `The ${kind} ${name} is there and may use: ${sayGrants(grants)}.${next}`
  },
})

export const listPrincipals = defineOperation({
  name: "list_principals",
  title: "List the principals",
  summary:
    "Lists the humans, agents and workloads that may call, by name, with their grants. Use it before set_grants, which replaces grants, and before create_key.",
  group: "identity",
  permission: "principals:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/principals" },
  input: z.strictObject(pageInput),
  output: z.object({ principals: z.array(principalRow), ...pageOutput }),
  run: async (context, page) => {
    const { items, nextCursor } = pageOf(await listAll(context.principals), ({ name }) => name, page)
    return { principals: items.map((principal) => toPrincipalRow(principal, context.nowMs)), nextCursor }
  },
  say: ({ principals, nextCursor }) => {
    const rows = principals.map(({ name, kind, disabled, grants }) => [
      name,
      kind,
      disabled ? "disabled" : "",
      sayGrants(grants),
    ])
    return formatTable(["NAME", "KIND", "", "GRANTS"], rows) + more(nextCursor)
  },
})
