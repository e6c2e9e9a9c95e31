/** A tool of the gateway itself, as lists show it: a management operation in MCP's clothes. */

import type { RawJson } from "../mcp/raw-json.ts"
import type { Permission } from "./permission.ts"

export type ManagementTool = {
  readonly name: string
  /** Without it the tool is neither listed nor known. */
  readonly permission: Permission
  /** The MCP `Tool` object. */
  readonly definition: RawJson
}
