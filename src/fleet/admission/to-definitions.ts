/** The lists of a service as one looks at them: all that its file lets be offered, under the names that are shown. */

import { nameOf, type Definitions } from "../../domain/admission/definition-texts.ts"
import type { ServiceDefinition } from "../../domain/services/service.ts"
import type { ServiceFacts } from "../../mcp/client/link.ts"
import { toRaw, withMembers, type RawObject } from "../../mcp/raw-json.ts"
import type { ListItems } from "../lists/lists.ts"
import { compileToolRules, type CompiledToolRules } from "../lists/tool-rules.ts"

type Said = {
  /** Of lists that were kept nobody knows by whom they were given. */
  readonly facts: Pick<ServiceFacts, "capabilities" | "instructions"> & Partial<Pick<ServiceFacts, "info">>
  readonly items: ListItems
}

export function toDefinitions({ name, prefix, tools }: ServiceDefinition, { facts, items }: Said): Definitions {
  const { capabilities, instructions, info } = facts
  const rules = compileToolRules(tools)
  const offered = items.tools.filter((tool) => rules.offers(nameOf("tools", tool)))
  const shown = offered.map((tool) => withRules(tool, rules))
  return { service: name, prefix, capabilities, instructions, info, items: { ...items, tools: shown } }
}

function withRules(tool: RawObject, rules: CompiledToolRules): RawObject {
  const name = nameOf("tools", tool)
  const described = rules.describe(name, tool)
  const shown = rules.rename(name)
  return shown === name ? described : withMembers(described, { name: toRaw(shown) })
}
