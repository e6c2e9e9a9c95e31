/**
 * What a service's file says about its tools: which are offered, under which name, with which description. All rules
 * speak of the service's own names.
 */

import type { Cost } from "../../domain/cost.ts"
import { compilePatterns } from "../../domain/pattern.ts"
import { toRaw, withMembers, type RawObject } from "../../mcp/raw-json.ts"

export type ToolRules = {
  /** Patterns with `*`; absent: all. */
  readonly allow?: readonly string[] | undefined
  /** Wins over `allow`. */
  readonly deny?: readonly string[] | undefined
  readonly rename?: Readonly<Record<string, string>> | undefined
  readonly describe?: Readonly<Record<string, string>> | undefined
  readonly cost?: Readonly<Record<string, Cost>> | undefined
}

export interface CompiledToolRules {
  offers(name: string): boolean
  rename(name: string): string
  describe(name: string, definition: RawObject): RawObject
  cost(name: string): Cost | undefined
}

export function compileToolRules({
  allow,
  deny,
  rename = {},
  describe = {},
  cost = {},
}: ToolRules): CompiledToolRules {
  const isAllowed = allow ? compilePatterns(allow) : () => true
  const isDenied = compilePatterns(deny ?? [])
  const names = new Map(Object.entries(rename))
  const descriptions = new Map(Object.entries(describe))
  const costs = new Map(Object.entries(cost))
  const costPatterns = [...costs].map(([pattern, cost]) => ({ matches: compilePatterns([pattern]), cost }))
  return {
    offers: (name) => isAllowed(name) && !isDenied(name),
    rename: (name) => names.get(name) ?? name,
    describe: (name, definition) => {
      const text = descriptions.get(name)
      return text === undefined ? definition : withMembers(definition, { description: toRaw(text) })
    },
    cost: (name) => costs.get(name) ?? costPatterns.find(({ matches }) => matches(name))?.cost,
  }
}
