/**
 * The client that the official suites start, `scripted-client.ts legacy|modern URL`: a gateway in front of their server,
 * and a script that works through it in the era said. So what the suites see and judge is the gateway.
 */
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"
import * as z from "zod"
import { bearer } from "../journeys/http-pipe.ts"
import { startGateway } from "../support/gateway.ts"
import { createAgent } from "../support/rest.ts"

type Script = (client: Client, context: Context) => Promise<unknown>

/** What a scenario wants to be called, where it does not leave that to the script. */
const context = z.object({
  toolCalls: z.array(z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })).default([]),
})
type Context = z.infer<typeof context>

const info = { name: "scripted-client", version: "1.0.0" }
const everything = { tools: { allow: ["*"] }, prompts: { allow: ["*"] }, resources: { allow: ["*"] } }

const scripts: Readonly<Record<string, Script>> = {
  initialize: (client) => client.listTools(),
  tools_call: (client) => client.callTool({ name: "add_numbers", arguments: { a: 5, b: 3 } }),
  "elicitation-sep1034-client-defaults": (client) => client.callTool({ name: "test_client_elicitation_defaults" }),
  "sse-retry": (client) => client.callTool({ name: "test_reconnection" }),
  "request-metadata": (client) => client.listTools(),
  "sep-2322-client-request-state": async (client) => {
    // Another call takes place while the first waits for its user.
    client.setRequestHandler("elicitation/create", async () => {
      await client.callTool({ name: "test_mrtr_unrelated" })
      return { action: "accept" as const, content: { confirmed: true } }
    })
    await client.callTool({ name: "test_mrtr_echo_state" })
    await client.callTool({ name: "test_mrtr_no_state" })
    await client.callTool({ name: "test_mrtr_no_result_type" })
  },
  "http-standard-headers": useOneOfEach,
  "http-custom-headers": async (client, { toolCalls }) => {
    await client.listTools()
    for (const call of toolCalls) await client.callTool(call)
  },
  "http-invalid-tool-headers": async (client) => {
    const { tools } = await client.listTools()
    for (const { name } of tools) await client.callTool({ name, arguments: { region: "us-west1" } })
  },
  "json-schema-ref-no-deref": (client) => client.listTools(),
  "json-schema-2020-12-preservation": async (client) => {
    const { tools } = await client.listTools()
    const schema = tools.find(({ name }) => name === "json_schema_2020_12_tool")?.inputSchema
    await client.callTool({ name: "json_schema_echo", arguments: { schema } })
  },
}

async function useOneOfEach(client: Client): Promise<void> {
  for (const { name } of (await client.listTools()).tools) await client.callTool({ name, arguments: {} })
  for (const { uri } of (await client.listResources()).resources) await client.readResource({ uri })
  for (const { name } of (await client.listPrompts()).prompts) await client.getPrompt({ name })
}

async function perform(scenario: string, era: string, service: string): Promise<void> {
  const script = scripts[scenario]
  if (!script) throw new Error(`There is no script for ${scenario}.`)
  const gateway = await startGateway({ services: { scenario: { url: service } } })
  const mode = era === "modern" ? { pin: "2026-07-28" } : ("legacy" as const)
  const client = new Client(info, {
    capabilities: { elicitation: { form: {} }, sampling: {}, roots: {} },
    versionNegotiation: { mode },
  })
  client.setRequestHandler("elicitation/create", async ({ params }) => ({
    action: "accept" as const,
    content: "requestedSchema" in params ? defaultsOf(params.requestedSchema.properties) : {},
  }))
  try {
    const headers = bearer(await createAgent(gateway, "conformance", everything))
    const url = new URL(`${gateway.url}/scenario`)
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers } }))
    await script(client, context.parse(JSON.parse(process.env["MCP_CONFORMANCE_CONTEXT"] ?? "{}")))
  } finally {
    await client.close()
    await gateway.stop()
  }
}

/** What a user sends who changes nothing in the form. */
function defaultsOf(properties: Readonly<Record<string, { default?: unknown }>>): Record<string, string> {
  const filled = Object.entries(properties).filter(([, field]) => field.default !== undefined)
  return Object.fromEntries(filled.map(([name, field]) => [name, field.default as string]))
}

const [era = "", service = ""] = process.argv.slice(2)
await perform(process.env["MCP_CONFORMANCE_SCENARIO"] ?? "", era, service)
