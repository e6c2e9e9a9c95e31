/** The operations that can be read without being told anything, as MCP resources: a loop over the list again. */

import type { ManagementResource, ManagementTool } from "../domain/tool.ts"
import { GatewayError } from "../errors.ts"
import type { Answer } from "../mcp/message.ts"
import { toRaw, toRawObject } from "../mcp/raw-json.ts"
import type { Operation } from "../operations/operation.ts"
import type { Performed } from "../operations/perform.ts"

const mimeType = "application/json"

export function managementResources(
  operations: readonly Operation[],
  tools: ReadonlyMap<string, ManagementTool>,
): ReadonlyMap<string, ManagementResource> {
  return new Map(operations.flatMap((operation) => toResource(operation, tools.get(operation.name))))
}

function toResource(
  { name, title, summary: description, resource }: Operation,
  tool: ManagementTool | undefined,
): readonly (readonly [string, ManagementResource])[] {
  if (!resource) return []
  if (!tool) throw new GatewayError("internal", `The operation ${name} is no tool.`)
  const { uri, event } = resource
  return [[uri, { uri, event, tool, definition: toRaw({ uri, name, title, description, mimeType }) }]]
}

export function toReadResult(uri: string, { output }: Performed): Answer {
  return {
    result: toRawObject({
      resultType: "complete",
      contents: [{ uri, mimeType, text: JSON.stringify(output, undefined, 2) }],
      ttlMs: 0,
      cacheScope: "private",
    }),
  }
}
