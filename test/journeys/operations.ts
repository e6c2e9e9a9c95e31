/** Operations on the gateway, performed as an agent does: as tools, through MCP. */
import assert from "node:assert/strict"
import type { Peer } from "./peer.ts"

/** Performs one and gives its structured answer. Fails where it was refused. */
export async function perform(
  peer: Peer,
  operation: string,
  input: object = {},
): Promise<Record<string, unknown>> {
  const { result, text } = await peer.tool(operation, input)
  assert.ok(result && result["isError"] !== true, `${operation} was refused: ${text}`)
  return result["structuredContent"] as Record<string, unknown>
}
