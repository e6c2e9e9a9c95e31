/** What is said once, at the first start: the key of the first administrator and where to paste it. */

import { join } from "node:path"

export function welcome(endpoint: string, key: string, dataFolder: string): string {
  const entry = {
    mcpServers: { "mcp-meta": { type: "http", url: endpoint, headers: { Authorization: `Bearer ${key}` } } },
  }
  return `
This is the first start. The principal "admin" was made, with this key:

    ${key}

It is shown only now and kept in ${join(dataFolder, "admin.key")}. To connect Claude Code:

    claude mcp add --transport http mcp-meta ${endpoint} --header "Authorization: Bearer ${key}"

and any other client, in its file of MCP servers:

${JSON.stringify(entry, undefined, 2).replaceAll(/^/gm, "    ")}

`
}
