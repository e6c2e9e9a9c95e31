/**
 * What it costs a model to be told of a tool: the tokens of its name, description and input schema, which is what
 * clients put in front of a model with every request. Who counts them: src/fleet/admission/count-tokens.ts.
 */

import { fromRaw, type RawObject } from "../../mcp/raw-json.ts"
import { nameOf, type Definitions } from "./definition-texts.ts"
import { shownExcerpt } from "./shown-excerpt.ts"

export type TokenCount = {
  /** One for each text. */
  readonly counts: readonly number[]
  /** The encoding, or that it is a guess: a token for every four bytes. */
  readonly by: "o200k_base" | "estimate"
}

/** Never rejects: where it cannot count it estimates. */
export type CountTokens = (texts: readonly string[]) => Promise<TokenCount>

export type TokenCost = {
  /** The dearest first. */
  readonly tools: readonly { readonly name: string; readonly tokens: number }[]
  /** Of all tools, and of the service's instructions. */
  readonly totalTokens: number
  readonly by: TokenCount["by"]
}

export async function costOf(definitions: Definitions, countTokens: CountTokens): Promise<TokenCost> {
  const { tools } = definitions.items
  const { counts, by } = await countTokens([...tools.map(toldOf), definitions.instructions ?? ""])
  return {
    tools: tools
      .map((tool, index) => ({ name: shownExcerpt(nameOf("tools", tool)), tokens: counts[index] ?? 0 }))
      .sort((a, b) => b.tokens - a.tokens),
    totalTokens: counts.reduce((sum, count) => sum + count, 0),
    by,
  }
}

export function estimateTokens(texts: readonly string[]): TokenCount {
  return { counts: texts.map((text) => Math.ceil(Buffer.byteLength(text) / 4)), by: "estimate" }
}

function toldOf(tool: RawObject): string {
  const told = ["name", "description", "inputSchema"].flatMap((member) => {
    const raw = tool.get(member)
    return raw ? [[member, fromRaw(raw)] as const] : []
  })
  return JSON.stringify(Object.fromEntries(told))
}
