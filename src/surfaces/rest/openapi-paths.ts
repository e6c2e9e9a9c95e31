/** The paths of the REST door that are no operations, in OpenAPI. */

import { problems } from "./openapi-problems.ts"
import { apiPrefix } from "./operation-http.ts"

type Response = { readonly description: string; readonly content: Readonly<Record<string, object>> }

export function jsonResponse(description: string, schema: object): Response {
  return { description, content: { "application/json": { schema } } }
}

export const ownPaths = {
  [`${apiPrefix}/tools/{name}/invoke`]: {
    post: {
      operationId: "invoke_tool",
      summary: "Call a tool",
      description:
        "Calls one tool and answers its result, for programs without MCP. A tool that reports a failure has answered: `isError` says so.",
      tags: ["tools"],
      parameters: [{ name: "name", in: "path", required: true, schema: { type: "string" } }],
      requestBody: {
        content: {
          "application/json": {
            schema: { type: "object", properties: { arguments: { type: "object" } }, additionalProperties: false },
          },
        },
      },
      responses: { "200": jsonResponse("The CallToolResult of MCP.", { type: "object" }), ...problems },
    },
  },
  [`${apiPrefix}/events`]: {
    get: {
      operationId: "watch_events",
      summary: "Watch events",
      description: "Server-sent events of what happens in the gateway. Permission: `events:read`.",
      tags: ["gateway"],
      responses: {
        "200": { description: "The stream.", content: { "text/event-stream": { schema: { type: "string" } } } },
        ...problems,
      },
    },
  },
  "/health": {
    get: {
      operationId: "get_health",
      summary: "Whether the gateway runs",
      tags: ["gateway"],
      security: [],
      responses: { "200": jsonResponse("It does.", { type: "object", properties: { status: { const: "ok" } } }) },
    },
  },
}
