/**
 * Why a principal may use a tool, or not: what decides, by which input, and what would change it. Anybody may ask about
 * themselves, and is told nothing of tools that are not theirs: the same words as for what does not exist.
 *
 * How rules are looked through: domain/policy/explain.ts. The words: access-row.ts.
 */

import * as z from "zod"
import type { Entry } from "../../domain/catalog.ts"
import { sharedName } from "../../domain/naming.ts"
import { compileGrants } from "../../domain/permission.ts"
import { askOf, usedBy } from "../../domain/policy/access.ts"
import type { Circumstances } from "../../domain/policy/circumstances.ts"
import { explain } from "../../domain/policy/explain.ts"
import type { ActivePrincipal } from "../../domain/principal.ts"
import { GatewayError } from "../../errors.ts"
import { toRaw } from "../../mcp/raw-json.ts"
import { readStrictJson } from "../../mcp/strict-json.ts"
import {
  accessRow,
  heldTool,
  ofDisabled,
  ofOperation,
  ofRules,
  sayAccess,
  unknownTool,
  type AccessRow,
} from "./access-row.ts"
import { getPrincipal } from "../identity/identity-rules.ts"
import { defineOperation, type OperationContext } from "../operation.ts"

export const explainAccess = defineOperation({
  name: "explain_access",
  title: "Explain who may call what",
  summary:
    "Says whether a principal may call a tool, with these arguments if you give any, which grant or policy rule decides, which input it came down to, and what would allow it. Use it when a call was refused, or before you ask for access. About yourself anybody may ask, about others who holds principals:read.",
  group: "policies",
  permission: "self:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/access" },
  input: z.strictObject({
    principal: z.string().min(1).max(64).optional().describe("By name; absent: yourself."),
    tool: z.string().min(1).max(512).describe("As tools/list shows it."),
    arguments: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("Those of the call; absent: whether arguments would decide, and which."),
    source: z
      .string()
      .max(64)
      .optional()
      .describe("Of another principal: the network address it would call from."),
    client: z.string().max(256).optional().describe("Of another principal: its client, as name/version."),
  }),
  output: accessRow,
  run: async (context, { principal: name, tool, arguments: given, source, client }) => {
    const { actor, access, nowMs } = context
    if (name === undefined || name === actor.principal.name) {
      assertOwnPlace(source ?? client)
      return explainTo(context, actor, { tool, given, circumstances: access.circumstances, isOwn: true })
    }
    if (!actor.may.holds("principals:read")) throw ofOthers()
    const principal = await getPrincipal(context, name)
    const who = { principal, may: compileGrants(principal.grants, nowMs) }
    return explainTo(context, who, { tool, given, circumstances: { nowMs, source, client }, isOwn: false })
  },
  say: sayAccess,
})

type Question = {
  readonly tool: string
  readonly given: Readonly<Record<string, unknown>> | undefined
  readonly circumstances: Circumstances
  /** Asked by the very principal that it is about. */
  readonly isOwn: boolean
}

function explainTo(context: OperationContext, who: ActivePrincipal, question: Question): AccessRow {
  const { access } = context
  const { tool, given, circumstances, isOwn } = question
  const { principal, may } = who
  const permission = access.permissionOf(tool)
  const asked = { principal: principal.name, tool, isOwn }
  if (permission !== undefined)
    return isOwn && !may.holds(permission) ? unknownTool(asked) : ofOperation(asked, permission, may)
  const entry = findEntry(access.catalog.all.entries.tools, tool)
  if (!entry) {
    const holder = context.actor.may.holds("services:read") && holderOf(context, tool)
    return holder ? heldTool(asked, holder) : unknownTool(asked)
  }
  const use = { entry, action: usedBy.tools, circumstances }
  const read = given === undefined ? undefined : (readStrictJson(toRaw(given)) ?? null)
  const explained = explain(access.policies, askOf(access, who, use), read)
  if (isOwn && !explained.listed) return unknownTool(asked)
  if (principal.disabled) return ofDisabled(asked)
  return ofRules({ ...asked, tool: entry.listed.name }, explained, { entry, grants: principal.grants })
}

/** The service of which a tool of this name is held back. Who may read services is told so by get_service_tools too. */
function holderOf({ services, fleet }: OperationContext, tool: string): string | undefined {
  return services
    .list()
    .map(({ definition }) => definition.name)
    .find((service) =>
      fleet.pins(service)?.held.some(({ kind, name }) => kind === "tools" && sharedName(service, name) === tool),
    )
}

function findEntry(entries: readonly Entry[], name: string): Entry | undefined {
  return (
    entries.find(({ listed }) => listed.name === name) ?? entries.find((entry) => entry.canonicalName === name)
  )
}

/** @throws GatewayError `invalid` */
function assertOwnPlace(elsewhere: string | undefined): void {
  if (elsewhere === undefined) return
  const text = "source and client are for asking about others; about yourself it is asked as you call now."
  throw new GatewayError("invalid", text)
}

function ofOthers(): GatewayError {
  const text = "The access of others needs the permission principals:read; leave the principal out."
  return new GatewayError("forbidden", text)
}
