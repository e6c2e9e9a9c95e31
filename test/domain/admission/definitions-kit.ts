/** Definitions of services that exist only as what they say of themselves. */

import type { Definitions } from "../../../src/domain/admission/definition-texts.ts"
import type { Finding } from "../../../src/domain/admission/finding.ts"
import { inspectDefinitions } from "../../../src/domain/admission/inspect-definitions.ts"
import type { Surroundings } from "../../../src/domain/admission/known-names.ts"
import { toRaw, toRawObject } from "../../../src/mcp/raw-json.ts"

export type Said = {
  readonly service?: string
  readonly prefix?: boolean
  readonly instructions?: string
  readonly info?: object
  readonly tools?: readonly object[]
  readonly prompts?: readonly object[]
  readonly resources?: readonly object[]
  readonly templates?: readonly object[]
}

export const surroundings: Surroundings = {
  operations: ["register_service", "set_grants", "find_tools", "whoami"],
  changing: new Set(["register_service", "set_grants"]),
  others: [
    { service: "github", prefix: true, names: ["list_issues", "echo"] },
    { service: "bare", prefix: false, names: ["send_mail"] },
  ],
}

export function definitions(said: Said): Definitions {
  const { service = "weather", prefix = true, instructions, info } = said
  const raws = (items: readonly object[] = []): Definitions["items"]["tools"] =>
    items.map((item) => toRawObject(item))
  return {
    service,
    prefix,
    capabilities: { tools: { listChanged: true } },
    instructions,
    info: info && toRaw(info),
    items: {
      tools: raws(said.tools),
      prompts: raws(said.prompts),
      resources: raws(said.resources),
      templates: raws(said.templates),
    },
  }
}

export function inspect(said: Said): Promise<readonly Finding[]> {
  return inspectDefinitions(definitions(said), surroundings)
}

export const idsOf = (findings: readonly Finding[]): readonly string[] => findings.map(({ id }) => id)

/** A tool of which nothing bad can be said. */
export function tool(more: object = {}): object {
  const inputSchema = { type: "object", properties: {} }
  return { name: "get_forecast", description: "Gives the weather of the next days.", inputSchema, ...more }
}

const withProperty = (property: object): Said => ({
  tools: [tool({ inputSchema: { type: "object", properties: { city: { type: "string", ...property } } } })],
})

/** Every place of a definition that a model, or who shows it, can come to see. */
export const fields: Readonly<Record<string, (text: string) => Said>> = {
  instructions: (instructions) => ({ instructions }),
  "server title": (title) => ({ info: { name: "weather", version: "1", title } }),
  "tool name": (name) => ({ tools: [tool({ name })] }),
  "tool title": (title) => ({ tools: [tool({ title })] }),
  "tool description": (description) => ({ tools: [tool({ description })] }),
  "parameter name": (text) => ({ tools: [tool({ inputSchema: { type: "object", properties: { [text]: {} } } })] }),
  "parameter description": (description) => withProperty({ description }),
  "parameter title": (title) => withProperty({ title }),
  "enum value": (text) => withProperty({ enum: ["sun", text] }),
  default: (text) => withProperty({ default: text }),
  const: (text) => withProperty({ const: text }),
  example: (text) => withProperty({ examples: [text] }),
  pattern: (pattern) => withProperty({ pattern }),
  "nested description": (description) =>
    withProperty({ anyOf: [{ type: "object", properties: { a: { items: { description } } } }] }),
  "definition description": (description) => ({
    tools: [tool({ inputSchema: { type: "object", $defs: { City: { description } } } })],
  }),
  "output description": (description) => ({
    tools: [tool({ outputSchema: { type: "object", properties: { a: { description } } } })],
  }),
  "annotation title": (title) => ({ tools: [tool({ annotations: { title } })] }),
  icon: (text) => ({ tools: [tool({ icons: [{ src: `https://icons.test/${text}` }] })] }),
  _meta: (text) => ({ tools: [tool({ _meta: { "example.test/note": { deep: [text] } } })] }),
  "unknown member": (text) => ({ tools: [tool({ hint: text })] }),
  "prompt name": (name) => ({ prompts: [{ name, description: "A prompt." }] }),
  "prompt description": (description) => ({ prompts: [{ name: "plan", description }] }),
  "argument description": (description) => ({
    prompts: [{ name: "plan", arguments: [{ name: "city", description }] }],
  }),
  "resource name": (name) => ({ resources: [{ uri: "weather://today", name }] }),
  "resource description": (description) => ({
    resources: [{ uri: "weather://today", name: "today", description }],
  }),
  "resource uri": (text) => ({ resources: [{ uri: `weather://today/${text}`, name: "today" }] }),
  "template description": (description) => ({
    templates: [{ uriTemplate: "weather://{day}", name: "day", description }],
  }),
  template: (text) => ({ templates: [{ uriTemplate: `weather://{day}/${text}`, name: "day" }] }),
}
