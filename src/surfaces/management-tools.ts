/** The operations as MCP tools: a loop over the list, in both directions. */

import * as z from "zod"
import type { ManagementTool } from "../domain/tool.ts"
import type { Answer } from "../mcp/message.ts"
import { fromRaw, toRaw, toRawObject, type RawJson } from "../mcp/raw-json.ts"
import type { Operation, Performed } from "../operations/operation.ts"

export function managementTools(operations: readonly Operation[]): ReadonlyMap<string, ManagementTool> {
  return new Map(operations.map((operation) => [operation.name, toTool(operation)]))
}

function toTool({ name, title, summary, permission, effect, input, output }: Operation): ManagementTool {
  const definition = {
    name,
    title,
    description: summary,
    inputSchema: z.toJSONSchema(input, { io: "input" }),
    outputSchema: z.toJSONSchema(output),
    annotations: {
      title,
      readOnlyHint: effect === "read",
      destructiveHint: effect === "delete",
      idempotentHint: effect === "read" || effect === "update" || effect === "delete",
      openWorldHint: false,
    },
  }
  return { name, permission, definition: toRaw(definition) }
}

/** The arguments of a `tools/call`, absent ones being none. */
export function readArguments(raw: RawJson | undefined): unknown {
  return raw ? fromRaw(raw) : {}
}

export function toToolResult({ output, text }: Performed): Answer {
  return {
    result: toRawObject({
      resultType: "complete",
      content: [{ type: "text", text }],
      structuredContent: output,
      isError: false,
    }),
  }
}
