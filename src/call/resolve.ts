/**
 * The resolve step: what does this request point at? Whether the principal may use it is left to authorize.ts; only
 * where a URI could mean several services do the principal's grants decide which it can mean.
 */

import { findUri, listingOf, type Catalog, type Entry, type ItemKind } from "../domain/catalog.ts"
import { isReservedUri, resourceName } from "../domain/naming.ts"
import { isHeldBack } from "../domain/pins/held-back.ts"
import type { CompiledPolicies } from "../domain/policy/compiled-policies.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import type { ManagementResource, ManagementTool } from "../domain/tool.ts"
import { GatewayError } from "../errors.ts"
import { fromRaw, readString, type RawJson } from "../mcp/raw-json.ts"
import { mayUse, type From } from "./authorize.ts"
import type { CallRequest } from "./call.ts"
import { resolveMethod } from "./passthrough.ts"
import { unknownTarget, type Asked, type Resource, type Target } from "./target.ts"
import { resolveTask, taskMethods } from "./tasks/resolve-task.ts"
import { canUse } from "./tasks/support.ts"
import type { TaskIds } from "./tasks/task-ids.ts"

/** What calls are resolved against: one snapshot for the whole call. */
export type Known = {
  readonly catalog: Catalog
  readonly policies: CompiledPolicies
  /** Epoch ms; what policies say of times goes by it. */
  readonly now: () => number
  readonly managementTools: ReadonlyMap<string, ManagementTool>
  readonly managementResources: ReadonlyMap<string, ManagementResource>
  readonly managementTemplates: ReadonlyMap<string, ManagementResource>
  /** Reads the id of a task that was given to a client. */
  readonly openTaskId: TaskIds["open"]
}

/** @throws GatewayError `not_found`; `invalid` where a member is missing or a URI could mean several services */
export function resolve(known: Known, principal: ActivePrincipal, call: CallRequest): Target {
  const { request, mount } = call
  if (taskMethods.has(request.method)) return resolveTask(known, principal, call)
  switch (request.method) {
    case "tools/call":
      return resolveTool(known, principal, call, textOf(request.params.get("name"), "name"))
    case "prompts/get":
      return resolveItem(known, mount, "prompts", {
        kind: "prompt",
        name: textOf(request.params.get("name"), "name"),
      })
    case "resources/read":
      return resolveUri(known, principal, call, textOf(request.params.get("uri"), "uri"))
    case "completion/complete":
      return resolveReference(known, principal, call)
    default:
      return resolveMethod(known, principal, call)
  }
}

/** @throws GatewayError `not_found`; `invalid` for a bare name that could mean tools of several services */
function resolveTool(known: Known, principal: ActivePrincipal, call: CallRequest, name: string): Target {
  const asked = { kind: "tool", name } as const
  const { mount, request } = call
  const tool = mount === undefined ? known.managementTools.get(name) : undefined
  if (tool) return { kind: "operation", asked, tool }
  const entry = findTool(known, principal, call, name)
  // A modern client is told what it would have to declare; an older one could not do anything about it.
  const isShown = entry && (request.client.era === "modern" || canUse(known.catalog, entry, request.client))
  if (!isShown) throw unknownTarget(asked)
  return { kind: "item", asked, entry }
}

/** An endpoint, and where it is asked from. */
export type Place = From & { readonly mount: string | undefined }

/**
 * The tool that a name means: as it is listed, or for the pages of MCP Apps, which know only their own service's names,
 * as its service names it, where the principal may use one such tool only.
 */
export function findTool(known: Known, principal: ActivePrincipal, place: Place, name: string): Entry | undefined {
  const { catalog } = known
  const { mount } = place
  const listed = listingOf(catalog, mount)?.byName.tools.get(name)
  if (listed || mount !== undefined) return listed
  const usable = toolsByBareName(catalog)
    .get(name)
    ?.filter((entry) => mayUse(known, principal, place, entry))
  if (usable && usable.length > 1) throw ambiguousTool(name, usable)
  return usable?.[0]
}

const bareNames = new WeakMap<Catalog, ReadonlyMap<string, readonly Entry[]>>()

function toolsByBareName(catalog: Catalog): ReadonlyMap<string, readonly Entry[]> {
  const known = bareNames.get(catalog) ?? Map.groupBy(catalog.all.entries.tools, ({ item }) => item.shownName)
  bareNames.set(catalog, known)
  return known
}

function resolveItem({ catalog }: Known, mount: string | undefined, kind: ItemKind, asked: Asked): Target {
  const entry = listingOf(catalog, mount)?.byName[kind].get(asked.name)
  if (!entry) throw unknownTarget(asked)
  return { kind: "item", asked, entry }
}

/** @throws GatewayError `not_found`; `invalid` where the principal could mean several services' resources */
export function resolveUri(known: Known, principal: ActivePrincipal, place: Place, uri: string): Target {
  const { catalog, managementResources } = known
  const { mount } = place
  const asked = { kind: "resource", name: uri } as const
  const resource = mount === undefined ? managementResources.get(uri) : undefined
  if (resource) return { kind: "operation", asked, tool: resource.tool, resource }
  const isOurs = mount === undefined && isReservedUri(uri)
  if (isOurs || (mount !== undefined && !catalog.offers.has(mount))) throw unknownTarget(asked)
  const meant = findUri(catalog, mount, uri)
    .map(({ service, uri }): Resource => ({
      kind: "resources",
      service,
      uri,
      canonicalName: resourceName(service, uri),
    }))
    .filter((resource) => mayRead(known, principal, place, resource))
  const [first, second] = meant
  if (!first) throw unknownTarget(asked)
  if (second) throw ambiguous(uri, meant)
  return { kind: "resource", asked, entry: first }
}

/** What is not listed under this very URI is judged under each that its service may read it as. */
function mayRead(known: Known, principal: ActivePrincipal, place: Place, resource: Resource): boolean {
  const { catalog } = known
  const { service } = resource
  const listed = isListed(catalog, resource)
  return (listed ? [resource.uri] : spellingsOf(resource.uri)).every((uri) => {
    const canonicalName = resourceName(service, uri)
    if (!listed && !isPlain(uri)) return false
    if (isHeldBack(catalog.offers.get(service), "resources", canonicalName)) return false
    return mayUse(known, principal, place, uri === resource.uri ? resource : { ...resource, uri, canonicalName })
  })
}

const unreserved = /%(?:2d|2e|5f|7e|3\d|[46][1-9a-f]|[57][\da])/gi

/** As it is written, and as readers of URLs take it: many leave out tabs and line ends, and undo what needs no escape. */
function spellingsOf(uri: string): readonly string[] {
  const read = URL.parse(uri)?.href ?? uri
  const plain = read.replaceAll(unreserved, (escape) => decodeURIComponent(escape))
  const single = plain.replace(/^(file:\/\/\/)\/+/, "$1").replaceAll(/(?<!:|:\/)\/{2,}/g, "/")
  return [...new Set([uri, read, plain, single])]
}

/** Whether a URI is what it seems: dot segments would lead a service elsewhere than a grant's pattern was matched. */
function isPlain(uri: string): boolean {
  return !/[\p{Cc}]|(^|[/\\])(\.|%2e){1,2}([/\\?#]|$)|\\|%2f|%5c|%00|%25(2e|2f|5c)/iu.test(uri)
}

function isListed(catalog: Catalog, { service, uri }: Resource): boolean {
  return catalog.offers.get(service)?.items.resources.some(({ name }) => name === uri) ?? false
}

function resolveReference(known: Known, principal: ActivePrincipal, call: CallRequest): Target {
  const { mount } = call
  const raw = call.request.params.get("ref")
  const { type, name, uri } = (raw?.[0] === 0x7b ? fromRaw(raw) : {}) as {
    type?: unknown
    name?: unknown
    uri?: unknown
  }
  if (type === "ref/prompt" && typeof name === "string")
    return resolveItem(known, mount, "prompts", { kind: "prompt", name })
  if (type !== "ref/resource" || typeof uri !== "string")
    throw missing("ref", "a ref/prompt with a name or a ref/resource with a uri")
  const asked = { kind: "resource", name: uri } as const
  const own = mount === undefined ? known.managementTemplates.get(uri) : undefined
  if (own) return { kind: "operation", asked, tool: own.tool, resource: own }
  const template = listingOf(known.catalog, mount)?.byName.templates.get(uri)
  return template ? { kind: "item", asked, entry: template } : resolveUri(known, principal, call, uri)
}

function textOf(raw: RawJson | undefined, member: string): string {
  const text = readString(raw)
  if (text === undefined) throw missing(member, "a string")
  return text
}

function missing(member: string, what: string): GatewayError {
  return new GatewayError("invalid", `params.${member} must be ${what}.`)
}

function ambiguousTool(name: string, usable: readonly Entry[]): GatewayError {
  const names = usable.map(({ listed }) => listed.name)
  const message = `${name.slice(0, 200)} could be ${names.slice(0, 10).join(" or ")}; call one of these.`
  return new GatewayError("invalid", message, { detail: { tools: names.slice(0, 10) } })
}

function ambiguous(uri: string, meant: readonly Resource[]): GatewayError {
  const services = meant.map(({ service }) => service)
  const shown = uri.length > 200 ? `${uri.slice(0, 200)}...` : uri
  const message = `${shown} is a resource of ${services.join(" and ")}; use the URI that resources/list shows.`
  return new GatewayError("invalid", message, { detail: { uri: shown, services } })
}
