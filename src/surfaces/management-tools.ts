/** The operations as MCP tools: a loop over the list, in both directions. */

import * as z from "zod"
import type { ManagementTool } from "../domain/tool.ts"
import { GatewayError } from "../errors.ts"
import type { Answer } from "../mcp/message.ts"
import { readMembers } from "../mcp/outline.ts"
import { ProtocolError } from "../mcp/protocol-error.ts"
import { fromRawObject, toRaw, toRawObject, type RawJson } from "../mcp/raw-json.ts"
import type { Operation } from "../operations/operation.ts"
import { maxInputBytes, type Performed } from "../operations/perform.ts"

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
  return { name, permission, isChange: effect !== "read", definition: toRaw(definition) }
}

/**
 * The arguments of a `tools/call`, absent ones being none.
 *
 * @throws GatewayError `too_large`; `invalid` where they are no object, or say two things under one name
 */
export function readArguments(raw: RawJson | undefined): unknown {
  if (!raw) return {}
  if (raw.length > maxInputBytes)
    throw new GatewayError("too_large", `An operation takes at most ${maxInputBytes} bytes of arguments.`, {
      detail: { maxBytes: maxInputBytes },
    })
  try {
    return fromRawObject(readMembers(raw))
  } catch (thrown) {
    throw thrown instanceof ProtocolError ? new GatewayError("invalid", thrown.message, { cause: thrown }) : thrown
  }
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
