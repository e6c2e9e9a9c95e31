/**
 * What a service's file says about its tools: which are offered, under which name, with which description. All rules
 * speak of the service's own names.
 */

import { compilePatterns } from "../../domain/pattern.ts"
import { toRaw, withMembers, type RawObject } from "../../mcp/raw-json.ts"

export type ToolRules = {
  /** Patterns with `*`; absent: all. */
  readonly allow?: readonly string[] | undefined
  /** Wins over `allow`. */
  readonly deny?: readonly string[] | undefined
  readonly rename?: Readonly<Record<string, string>> | undefined
  readonly describe?: Readonly<Record<string, string>> | undefined
}

export interface CompiledToolRules {
  offers(name: string): boolean
  rename(name: string): string
  describe(name: string, definition: RawObject): RawObject
}

export function compileToolRules({ allow, deny, rename = {}, describe = {} }: ToolRules): CompiledToolRules {
  const isAllowed = allow ? compilePatterns(allow) : () => true
  const isDenied = compilePatterns(deny ?? [])
  const names = new Map(Object.entries(rename))
  const descriptions = new Map(Object.entries(describe))
  return {
    offers: (name) => isAllowed(name) && !isDenied(name),
    rename: (name) => names.get(name) ?? name,
    describe: (name, definition) => {
      const text = descriptions.get(name)
      return text === undefined ? definition : withMembers(definition, { description: toRaw(text) })
    },
  }
}
