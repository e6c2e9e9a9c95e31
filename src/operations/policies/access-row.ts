/** What explain_access answers: the decision, what it came down to, and what would change it. */

import * as z from "zod"
import type { Entry } from "../../domain/catalog.ts"
import { matchesPattern } from "../../domain/pattern.ts"
import type { CompiledGrants, Grants, Permission } from "../../domain/permission.ts"
import type { Explained, ExplainedInput } from "../../domain/policy/explain.ts"

const inputRow = z.object({
  input: z.string().describe("argument and a JSON Pointer, time, source, client or action."),
  condition: z.enum(["holds", "does not hold", "cannot be judged"]).describe("Of the rule that looks at it."),
  not: z.literal(true).optional().describe("The condition is turned round: it holds of all but what it names."),
})

export const accessRow = z.object({
  principal: z.string(),
  tool: z.string(),
  decision: z.enum(["allowed", "denied", "depends"]).describe("depends: on the arguments, which were not given."),
  listed: z.boolean().describe("Whether it is in the principal's list of tools."),
  by: z.enum(["grant", "permission", "policy", "disabled", "nothing"]).describe("What decides."),
  rule: z.string().optional().describe("A grant's pattern, policy:ID/RULE as in the audit log, or a permission."),
  inputs: z.array(inputRow).describe("What the rule looks at; cannot be judged is what is absent or unknown."),
  shadow: z.string().optional().describe("What a policy in shadow would decide instead."),
  wouldAllow: z.string().optional().describe("What would have to change."),
  next: z
    .object({ operation: z.string(), arguments: z.record(z.string(), z.unknown()).optional() })
    .optional()
    .describe("The operation that would help."),
})

export type AccessRow = z.output<typeof accessRow>

export type AskedAccess = { readonly principal: string; readonly tool: string; readonly isOwn: boolean }

/** For oneself it is the same whether the tool does not exist or is not for one. */
export function unknownTool({ isOwn, ...asked }: AskedAccess): AccessRow {
  const denied: AccessRow = { ...asked, decision: "denied", listed: false, by: "nothing", inputs: [] }
  return isOwn
    ? {
        ...denied,
        wouldAllow: "There is no such tool, or it is not for you; somebody may grant it.",
        ...askFor(asked),
      }
    : { ...denied, wouldAllow: "There is no such tool.", next: { operation: "find_tools" } }
}

export function heldTool({ isOwn: _isOwn, ...asked }: AskedAccess, service: string): AccessRow {
  const wouldAllow = "It is held back until its definition is approved: list_held_items shows it."
  const next = { operation: "list_held_items", arguments: { name: service } }
  return { ...asked, decision: "denied", listed: false, by: "nothing", inputs: [], wouldAllow, next }
}

function askFor({ tool }: { readonly tool: string }): Pick<AccessRow, "next"> {
  return { next: { operation: "request_access", arguments: { tools: [tool] } } }
}

export function ofDisabled({ isOwn: _isOwn, ...asked }: AskedAccess): AccessRow {
  const wouldAllow = "The principal is disabled; enable it."
  return { ...asked, decision: "denied", listed: false, by: "disabled", inputs: [], wouldAllow }
}

export function ofOperation(
  { isOwn: _isOwn, ...asked }: AskedAccess,
  permission: Permission,
  may: CompiledGrants,
): AccessRow {
  const isHeld = may.holds(permission)
  const decided = { ...asked, decision: isHeld ? "allowed" : "denied", listed: isHeld, by: "permission" } as const
  const rule = `permission:${permission}`
  if (isHeld) return { ...decided, rule, inputs: [] }
  const next = { operation: "set_grants", arguments: { name: asked.principal } }
  return { ...decided, rule, inputs: [], wouldAllow: `Grant the permission ${permission}.`, next }
}

type Ground = { readonly entry: Entry; readonly grants: Grants }

export function ofRules({ isOwn, ...asked }: AskedAccess, explained: Explained, ground: Ground): AccessRow {
  const { decision, listed, rule, inputs, shadow } = explained
  const shadowed = shadow && `${shadow.allowed ? "allow" : "deny"} ${shadow.rule?.name ?? "by no rule"}`
  const pattern = grantOf(ground)
  const decided = rule ? { by: "policy" as const, rule: rule.name } : pattern
  return {
    ...asked,
    decision,
    listed,
    ...decided,
    inputs: [...inputs],
    ...(shadowed !== undefined && { shadow: shadowed }),
    ...(decision !== "allowed" && remedyOf({ ...asked, isOwn }, explained)),
  }
}

function grantOf({ entry: { canonicalName }, grants: { tools } }: Ground): Pick<AccessRow, "by" | "rule"> {
  const matching = (patterns: readonly string[]): string | undefined =>
    patterns.find((pattern) => matchesPattern(pattern, canonicalName))
  const [allowed, denied] = [matching(tools.allow), matching(tools.deny)]
  if (allowed === undefined) return { by: "nothing" }
  return { by: "grant", rule: denied === undefined ? `allow ${allowed}` : `deny ${denied}` }
}

function remedyOf(
  asked: AskedAccess,
  { decision, rule, inputs, missed }: Explained,
): Pick<AccessRow, "wouldAllow" | "next"> {
  const [near] = missed
  if (decision === "depends" && rule)
    return { wouldAllow: `Ask again with the arguments: ${rule.name} looks at ${sayInputs(inputs)}.` }
  if (rule) {
    const wouldAllow =
      inputs.length === 0
        ? `${rule.name} denies it whatever the call says.`
        : `Another ${sayInputs(inputs)}, or a change of ${rule.name}.`
    return { wouldAllow, ...(!asked.isOwn && { next: { operation: "list_policies" } }) }
  }
  if (near)
    return { wouldAllow: `${near.rule.name} allows it with another ${sayInputs(near.inputs)}.`, ...grantIt(asked) }
  return { wouldAllow: "A grant, or a policy rule that allows it.", ...grantIt(asked) }
}

function grantIt({ isOwn, ...asked }: AskedAccess): Pick<AccessRow, "next"> {
  return isOwn ? askFor(asked) : { next: { operation: "set_grants", arguments: { name: asked.principal } } }
}

function sayInputs(inputs: readonly ExplainedInput[]): string {
  return inputs.map(({ input }) => input).join(", ")
}

export function sayAccess({ principal, tool, decision, by, rule, inputs, wouldAllow }: AccessRow): string {
  const named = rule === undefined || rule.startsWith(`${by}:`) ? (rule ?? by) : `${by} ${rule}`
  const ground = by === "nothing" ? "since nothing allows it" : `by ${named}`
  const looked = inputs
    .map(({ input, condition, not }) => `${input}${not ? ' with "not"' : ""} ${condition}`)
    .join(", ")
  const said = `${principal} and ${tool}: ${decision} ${ground}${looked === "" ? "" : ` (${looked})`}.`
  return wouldAllow === undefined ? said : `${said} ${wouldAllow}`
}
