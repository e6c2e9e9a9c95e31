/** What the gateway itself offers, as lists show it: management operations in MCP's clothes. */

import type { RawJson } from "../mcp/raw-json.ts"
import type { GatewayEvent } from "./event.ts"
import type { Permission } from "./permission.ts"

export type ManagementTool = {
  readonly name: string
  /** Without it the tool is neither listed nor known. */
  readonly permission: Permission
  /** Whether it does more than read. */
  readonly isChange: boolean
  /** The MCP `Tool` object. */
  readonly definition: RawJson
}

/** What an operation says without being told more than its URI, to be read and watched as a resource. */
export type ManagementResource = {
  /** Of a template: with the names of its members in braces. */
  readonly uri: string
  readonly tool: ManagementTool
  /** The MCP `Resource` object, or `ResourceTemplate`. */
  readonly definition: RawJson
  /** Of what tells that it may read differently now. */
  readonly events: ReadonlySet<GatewayEvent["type"]>
  /** The one that it is about, where it is about one. */
  readonly service?: string
}
