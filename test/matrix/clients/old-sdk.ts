/** The client of `@modelcontextprotocol/sdk`, which ends at 2025-11-25. */
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import {
  CreateMessageRequestSchema,
  CreateMessageResultSchema,
  ElicitRequestSchema,
  ElicitResultSchema,
  ListRootsRequestSchema,
  ListRootsResultSchema,
  ResultSchema,
} from "@modelcontextprotocol/sdk/types.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import { answerTo, capabilitiesOf, info, type Door, type Driver, type Heard, type Json } from "../driver.ts"

export async function openOldSdk({ origin, headers }: Door): Promise<Driver> {
  const client = new Client(info, { capabilities: capabilitiesOf("2025-11-25") })
  const heard: Heard[] = []
  const hear = ({ method, params = {} }: { method: string; params?: object | undefined }): Heard => {
    const message = { method, params: params as Json }
    heard.push(message)
    return message
  }
  client.fallbackNotificationHandler = async (notification) => void hear(notification)
  client.setRequestHandler(ElicitRequestSchema, async (asked) => ElicitResultSchema.parse(answerTo(hear(asked))))
  client.setRequestHandler(CreateMessageRequestSchema, async (asked) =>
    CreateMessageResultSchema.parse(answerTo(hear(asked))),
  )
  client.setRequestHandler(ListRootsRequestSchema, async (asked) =>
    ListRootsResultSchema.parse(answerTo(hear(asked))),
  )
  // The SDK's own transport is laxer about optional properties than its picture of one.
  const transport: Transport = new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), {
    requestInit: { headers },
  })
  await client.connect(transport)
  return {
    heard,
    items: async (list) => {
      if (list === "tools") return (await client.listTools()).tools as Json[]
      if (list === "prompts") return (await client.listPrompts()).prompts as Json[]
      if (list === "resources") return (await client.listResources()).resources as Json[]
      return (await client.listResourceTemplates()).resourceTemplates as Json[]
    },
    call: (name, values = {}, { onProgress, signal } = {}) =>
      client.callTool({ name, arguments: values }, undefined, {
        ...(onProgress && { onprogress: ({ progress }) => onProgress(progress) }),
        ...(signal && { signal }),
      }),
    prompt: (name, values) => client.getPrompt({ name, arguments: values }),
    read: (uri) => client.readResource({ uri }),
    complete: async (ref, argument) => (await client.complete({ ref, argument })).completion.values,
    wantLogs: async (level) => void (await client.setLoggingLevel(level)),
    watch: async (uri) => void (await client.subscribeResource({ uri })),
    request: (method, params) => client.request({ method, params }, ResultSchema),
    close: () => client.close(),
  }
}
