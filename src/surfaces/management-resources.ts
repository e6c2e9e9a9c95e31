/** The operations that can be read as MCP resources, without being told more than a URI: a loop over the list again. */

import type { ManagementResource, ManagementTool } from "../domain/tool.ts"
import { GatewayError } from "../errors.ts"
import type { Answer } from "../mcp/message.ts"
import { fromRaw, toRaw, toRawObject, type RawObject } from "../mcp/raw-json.ts"
import type { Operation } from "../operations/operation.ts"
import type { Performed } from "../operations/perform.ts"

const mimeType = "application/json"
/** Each of the services stands for it. */
const serviceMember = "{name}"
/** Of MCP. */
const maxCompletions = 100

export type ManagementResources = {
  readonly templates: ReadonlyMap<string, ManagementResource>
  /** All that there are while these services are registered. */
  of(services: readonly string[]): ReadonlyMap<string, ManagementResource>
}

export function managementResources(
  operations: readonly Operation[],
  tools: ReadonlyMap<string, ManagementTool>,
): ManagementResources {
  const all = operations.flatMap((operation) => toResource(operation, tools.get(operation.name)))
  const templates = all.filter(({ uri }) => uri.includes(serviceMember))
  const plain = all.filter(({ uri }) => !uri.includes(serviceMember))
  const made = new Map<string, readonly ManagementResource[]>()
  const ofService = (service: string): readonly ManagementResource[] => {
    const known = made.get(service) ?? templates.map((template) => fillIn(template, service))
    made.set(service, known)
    return known
  }
  return {
    templates: byUri(templates),
    of: (services) => {
      const registered = new Set(services)
      for (const service of made.keys()) if (!registered.has(service)) made.delete(service)
      return byUri([...plain, ...services.flatMap(ofService)])
    },
  }
}

function byUri(resources: readonly ManagementResource[]): ReadonlyMap<string, ManagementResource> {
  return new Map(resources.map((resource) => [resource.uri, resource]))
}

function toResource(
  { name, title, summary: description, resource }: Operation,
  tool: ManagementTool | undefined,
): readonly ManagementResource[] {
  if (!resource) return []
  if (!tool) throw new GatewayError("internal", `The operation ${name} is no tool.`)
  const { uri, events } = resource
  const where = uri.includes(serviceMember) ? { uriTemplate: uri } : { uri }
  const definition = toRaw({ ...where, name, title, description, mimeType })
  return [{ uri, events: new Set(events), tool, definition }]
}

function fillIn({ uri: template, events, tool }: ManagementResource, service: string): ManagementResource {
  const uri = template.replace(serviceMember, service)
  const description = `How the service ${service} is, and how it is defined. Updates tell of its state, what it offers and its issues; figures are those of the moment of reading.`
  const definition = toRaw({ uri, name: service, title: `Service ${service}`, description, mimeType })
  return { uri, events, tool, definition, service }
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

/** What `completion/complete` suggests for the member of a template. */
export function toCompletion({ uri }: ManagementResource, params: RawObject, services: readonly string[]): Answer {
  const [name, begun] = readArgument(params)
  const isMember = `{${name}}` === serviceMember && uri.includes(serviceMember)
  const fitting = isMember ? services.filter((service) => service.startsWith(begun)).sort() : []
  const values = fitting.slice(0, maxCompletions)
  const completion = { values, total: fitting.length, hasMore: values.length < fitting.length }
  return { result: toRawObject({ resultType: "complete", completion }) }
}

/** @throws GatewayError `invalid` */
function readArgument(params: RawObject): readonly [name: string, begun: string] {
  const raw = params.get("argument")
  const { name, value } = (raw?.[0] === 0x7b ? fromRaw(raw) : {}) as { name?: unknown; value?: unknown }
  if (typeof name === "string" && typeof value === "string") return [name, value]
  throw new GatewayError("invalid", "params.argument must have a name and a value, both strings.")
}
