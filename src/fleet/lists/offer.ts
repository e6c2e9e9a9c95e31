/**
 * From the lists of a service to what the gateway offers of it: every item is checked, tools also against the rules of
 * the service's file. What fails is left out with a reason; the rest stays.
 */

import type { AuditRules, RelayTerms } from "../../domain/services/service.ts"
import { itemKinds, type ItemKind, type Offer, type Offered } from "../../domain/catalog.ts"
import { legacyOutputSchema } from "../../mcp/era-legacy.ts"
import type { ServiceFacts } from "../../mcp/client/link.ts"
import { fromRaw, readString, type RawJson, type RawObject } from "../../mcp/raw-json.ts"
import type { Fault, ListItems } from "./lists.ts"
import { readParamHeaders } from "./param-headers.ts"
import { findSchemaFault, SchemaEffort } from "./schema-check.ts"
import { compileToolRules, type ToolRules } from "./tool-rules.ts"

export type OfferSource = {
  readonly service: string
  readonly prefix: boolean
  readonly rules: ToolRules
  readonly tags: readonly string[]
  readonly audit: AuditRules
  readonly terms: RelayTerms
  readonly facts: Pick<ServiceFacts, "era" | "capabilities" | "instructions">
  readonly items: ListItems
}

type Named = { readonly name: string; readonly definition: RawObject }
type Checked = { readonly items: readonly Offered[]; readonly faults: readonly Fault[] }

export async function compileOffer(source: OfferSource): Promise<{ offer: Offer; faults: readonly Fault[] }> {
  const { service, prefix, tags, audit, facts, items } = source
  const { passthrough, cache, maxTimeMs } = source.terms
  const checks: Record<ItemKind, Checked> = {
    tools: await checkTools(items.tools, source.rules),
    prompts: checkOthers(items.prompts, "prompts"),
    resources: checkOthers(items.resources, "resources"),
    templates: checkOthers(items.templates, "templates"),
  }
  const offered = {
    tools: checks.tools.items,
    prompts: checks.prompts.items,
    resources: checks.resources.items,
    templates: checks.templates.items,
  }
  return {
    offer: { ...facts, service, prefix, tags, audit, items: offered, terms: { passthrough, cache, maxTimeMs } },
    faults: itemKinds.flatMap((kind) => checks[kind].faults),
  }
}

/** For how long tools are looked at before others get their turn: ten thousand would hold up every call. */
const turnMs = 10

async function checkTools(definitions: readonly RawObject[], toolRules: ToolRules): Promise<Checked> {
  const rules = compileToolRules(toolRules)
  const { named, faults } = readNames(definitions, "tools")
  const tools: { tool: Offered; fault: string | undefined }[] = []
  const effort = new SchemaEffort()
  let turnEndsMs = performance.now() + turnMs
  for (const { name, definition } of named) {
    if (performance.now() > turnEndsMs) {
      await new Promise(setImmediate)
      turnEndsMs = performance.now() + turnMs
    }
    if (!rules.offers(name)) continue
    const fault = await findToolFault(definition, effort)
    const described = rules.describe(name, definition)
    const cost = rules.cost(name)
    const tool = fault ? plain({ name, definition }) : toTool(name, rules.rename(name), described)
    tools.push({ tool: cost ? { ...tool, cost } : tool, fault })
  }
  const bad = tools.flatMap(({ tool, fault }) =>
    fault ? [{ subject: tool.name, message: `Left out: ${fault}` }] : [],
  )
  const good = withoutDoubles(tools.flatMap(({ tool, fault }) => (fault ? [] : [tool])))
  return { items: good.items, faults: [...faults, ...bad, ...good.faults] }
}

function checkOthers(definitions: readonly RawObject[], kind: ItemKind): Checked {
  const { named, faults } = readNames(definitions, kind)
  const { items, faults: doubles } = withoutDoubles(named.map(plain))
  return { items, faults: [...faults, ...doubles] }
}

const nameMember: Readonly<Record<ItemKind, string>> = {
  tools: "name",
  prompts: "name",
  resources: "uri",
  templates: "uriTemplate",
}
const maxNameLength: Readonly<Record<ItemKind, number>> = {
  tools: 128,
  prompts: 128,
  resources: 4_096,
  templates: 4_096,
}

function readNames(definitions: readonly RawObject[], kind: ItemKind): { named: Named[]; faults: Fault[] } {
  const named: Named[] = []
  const faults: Fault[] = []
  definitions.forEach((definition, index) => {
    const name = readString(definition.get(nameMember[kind]))
    if (name !== undefined && isFit(name, maxNameLength[kind])) named.push({ name, definition })
    else faults.push({ subject: `${kind}[${index}]`, message: `Left out: ${faultOf(definition, kind)}` })
  })
  return { named, faults }
}

function faultOf(definition: RawObject, kind: ItemKind): string {
  if (definition.size === 0) return "it is no object, repeats a member, or is nested deeper than 64 levels."
  return `its ${nameMember[kind]} must be a string of 1 to ${maxNameLength[kind]} plain characters.`
}

function isFit(name: string, maxLength: number): boolean {
  return name.length > 0 && name.length <= maxLength && !/\p{Cc}/u.test(name)
}

function plain({ name, definition }: Named): Offered {
  return { name, shownName: name, definition }
}

async function findToolFault(definition: RawObject, effort: SchemaEffort): Promise<string | undefined> {
  const input = definition.get("inputSchema")
  const output = definition.get("outputSchema")
  if (!input) return "it has no inputSchema."
  const fault =
    (await findSchemaFault(input, "inputSchema", effort)) ??
    (output && (await findSchemaFault(output, "outputSchema", effort)))
  if (fault) return fault
  const headers = readParamHeaders(input)
  return typeof headers === "string" ? headers : undefined
}

/** @param definition of a tool in which no fault was found */
function toTool(name: string, shownName: string, definition: RawObject): Offered {
  const input = definition.get("inputSchema")
  const output = definition.get("outputSchema")
  const headers = input && readParamHeaders(input)
  const legacy = output && legacyOutputSchema(output)
  return {
    name,
    shownName,
    definition,
    repeatable: isRepeatable(definition.get("annotations")),
    ...(legacy && { legacyOutputSchema: legacy }),
    ...taskSupportOf(definition.get("execution")),
    ...(headers instanceof Map && headers.size > 0 && { paramHeaders: headers }),
  }
}

function taskSupportOf(execution: RawJson | undefined): Pick<Offered, "taskSupport"> {
  if (execution?.[0] !== 0x7b) return {}
  const { taskSupport } = fromRaw(execution) as Record<string, unknown>
  return typeof taskSupport === "string" ? { taskSupport } : {}
}

function isRepeatable(annotations: RawJson | undefined): boolean {
  if (annotations?.[0] !== 0x7b) return false
  const { readOnlyHint, idempotentHint } = fromRaw(annotations) as Record<string, unknown>
  return readOnlyHint === true || idempotentHint === true
}

function withoutDoubles(offered: readonly Offered[]): { items: Offered[]; faults: Fault[] } {
  const byName = new Map<string, Offered>()
  const faults: Fault[] = []
  for (const item of offered) {
    const first = byName.get(item.shownName)
    if (!first) byName.set(item.shownName, item)
    else
      faults.push({
        subject: item.name,
        message: `Left out: the name ${item.shownName} is taken by ${first.name}.`,
      })
  }
  return { items: [...byName.values()], faults }
}
