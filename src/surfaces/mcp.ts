/**
 * The MCP door: every request of every MCP client, whatever transport and era brought it, arrives here in the neutral
 * form. Calls go to call.ts, lists to list.ts, subscriptions to listen.ts; what the gateway says of itself is below.
 */

import type { CallRequest } from "../call/call.ts"
import { list, listMethods, type ListSteps, type ListTtl } from "../call/list.ts"
import { listen, type ListenOptions } from "../call/listen.ts"
import { servicesFor } from "../call/passthrough.ts"
import { toldUnder } from "../call/refusal.ts"
import type { Known } from "../call/resolve.ts"
import { listTasks, type TaskListOptions } from "../call/tasks/list-tasks.ts"
import { knowsTasks, offersTasks } from "../call/tasks/support.ts"
import { viewOf } from "../call/view.ts"
import { itemKinds, type Catalog, type Entry } from "../domain/catalog.ts"
import type { Refusable } from "../domain/overload.ts"
import type { Caller } from "../domain/principal.ts"
import type { Answer, ClientFacts, Exchange, Handler, Request } from "../mcp/message.ts"
import { modernRevisions, tasksExtension } from "../mcp/message.ts"
import { ProtocolError, unknownMethod } from "../mcp/protocol-error.ts"
import { toRawObject, type RawJson } from "../mcp/raw-json.ts"
import { GatewayError } from "../errors.ts"
import type { Shedding } from "./http/shedding.ts"

export type McpDoorOptions = {
  readonly call: (request: CallRequest) => Promise<Answer>
  readonly steps: ListSteps
  readonly known: () => Known
  readonly listen: ListenOptions
  readonly listTtlMs: ListTtl
  /** Epoch ms. */
  readonly now: () => number
  /** Resolves when the lists are as complete as they will soon be. */
  readonly settled: () => Promise<void>
  /** Our own Implementation object. */
  readonly serverInfo: RawJson
  /** Told of what failed inside, since the client is not. */
  readonly onInternalError: (error: GatewayError, method: string) => void
  readonly shedding: Shedding
}

/** One client, as far as the door must know: who sends, and which endpoint was addressed. */
export type McpPeer = Pick<CallRequest, "caller" | "mount" | "source">

/** Sessions belong to a principal and the very credential that began them. */
export function ownerOf({ principalId, keyId = "" }: Caller): string {
  return `${principalId}/${keyId}`
}

const callMethods: ReadonlySet<string> = new Set([
  "tools/call",
  "prompts/get",
  "resources/read",
  "completion/complete",
])
/** Of tasks, as each era knows them. */
const taskMethods = {
  legacy: new Set(["tasks/get", "tasks/result", "tasks/cancel"]),
  modern: new Set(["tasks/get", "tasks/update", "tasks/cancel"]),
} as const

export function createMcpDoor(options: McpDoorOptions): (peer: McpPeer) => Handler {
  return (peer) => (request, exchange) => {
    const asked = { ...peer, request, exchange }
    const isCall = callMethods.has(request.method)
    if (options.shedding.level > 0) {
      const refusal = refusalByLoad(options, asked)
      if (refusal) return isCall ? unmade(options, asked, refusal) : failed(options, asked, refusal)
    }
    // Nothing waits here in a frame of its own: a subscription is open for days, and there may be thousands.
    const answered = isCall ? options.call(asked) : answerOther(options, asked)
    return answered.catch((thrown: unknown) => failed(options, asked, thrown))
  }
}

function refusalByLoad({ shedding }: McpDoorOptions, { caller, request }: CallRequest): GatewayError | undefined {
  const what = kindOf(request)
  return shedding.takes(what, caller) ? undefined : shedding.refusal(what)
}

/** A legacy client asks `server/discover` by `initialize`. */
function kindOf({ method, client }: Request): Exclude<Refusable, "connections"> {
  if (method === "subscriptions/listen") return "streams"
  return method === "server/discover" && client.era === "legacy" ? "sessions" : "calls"
}

async function unmade({ steps }: McpDoorOptions, asked: CallRequest, refusal: GatewayError): Promise<never> {
  throw await recorded(steps, asked, refusal)
}

async function failed(options: McpDoorOptions, asked: CallRequest, thrown: unknown): Promise<never> {
  const { request, exchange } = asked
  // A call has its own record; what the log could not take, it counts.
  if (exchange.signal.aborted) throw thrown
  const told = callMethods.has(request.method) ? thrown : await recorded(options.steps, asked, thrown)
  report(options, told, request)
  throw told
}

/** @returns what was thrown, as the caller is told it; what the log could not take, it counts */
async function recorded(steps: ListSteps, asked: CallRequest, thrown: unknown): Promise<unknown> {
  const callId = await steps.refused(asked, thrown).catch(() => undefined)
  return toldUnder(thrown, callId)
}

function answerOther(options: McpDoorOptions, asked: CallRequest): Promise<Answer> {
  return asked.request.method === "subscriptions/listen" ? listen(options.listen, asked) : answer(options, asked)
}

async function answer(options: McpDoorOptions, request: CallRequest): Promise<Answer> {
  const { method } = request.request
  if (isAboutTask(request.request)) return options.call(request)
  if (method === "server/discover") return discover(options, request)
  if (method === "tasks/list" && knowsLegacyTasks(request.request))
    return listTasks(tasksOf(options), options.known(), request)
  if (!Object.hasOwn(listMethods, method)) return passThrough(options, request)
  await options.settled()
  return list(options, options.known(), request)
}

/** @throws ProtocolError -32021 for a modern client that has not declared that it knows tasks */
function isAboutTask({ method, client }: Request): boolean {
  if (!taskMethods[client.era].has(method)) return false
  if (knowsTasks(client)) return true
  if (client.era === "legacy") throw unknownMethod(method)
  throw new ProtocolError("missing_capability", `${method} is for clients that declare ${tasksExtension}.`, {
    data: { requiredCapabilities: { extensions: { [tasksExtension]: {} } } },
  })
}

function knowsLegacyTasks({ client }: Request): boolean {
  return client.era === "legacy" && knowsTasks(client)
}

function tasksOf({ steps, listen, now }: McpDoorOptions): TaskListOptions {
  return { steps, index: listen.tasks.index, now }
}

/** @throws ProtocolError -32601 for a method that no service has, or not for this principal */
async function passThrough({ steps, known, call }: McpDoorOptions, request: CallRequest): Promise<Answer> {
  const principal = steps.authenticate(request.caller)
  if (servicesFor(known(), principal, request).length === 0) throw unknownMethod(request.request.method)
  return call(request)
}

function report({ onInternalError }: McpDoorOptions, thrown: unknown, { method }: Request): void {
  if (thrown instanceof Error && thrown.name === "ProtocolError") return
  const error = GatewayError.from(thrown)
  if (error.code === "internal") onInternalError(error, method)
}

async function discover(
  { steps, known, settled, serverInfo }: McpDoorOptions,
  call: CallRequest,
): Promise<Answer> {
  const { caller, mount, request } = call
  const principal = steps.authenticate(caller)
  await settled()
  const { catalog } = known()
  const { client } = request
  // Whatever this client knows: it may learn here what it could.
  const entries = itemKinds.flatMap((kind) => viewOf(known(), principal, { mount, kind, from: call }).entries)
  const seen = new Set(entries.map(({ service }) => service))
  if (mount !== undefined && !seen.has(mount)) throw new GatewayError("not_found", `Unknown service: ${mount}`)
  const instructions = instructionsOf(catalog, mount, seen)
  // A legacy client asks this once, by `initialize`, with which its session begins.
  const kind = request.client.era === "legacy" ? "session" : "list"
  await steps.shown(principal, call, { kind, detail: { services: seen.size, revision: request.client.revision } })
  return {
    result: toRawObject({
      resultType: "complete",
      supportedVersions: modernRevisions,
      capabilities: capabilitiesOf(catalog, { mount, client, entries }),
      ...(instructions && { instructions }),
      ttlMs: 0,
      cacheScope: "private",
      _meta: { "io.modelcontextprotocol/serverInfo": JSON.parse(serverInfo.toString()) as unknown },
    }),
  }
}

/** Services come and go, so the endpoint of all promises everything; that of one service what the service has. */
const everything = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  completions: {},
  logging: {},
} as const

type Seen = {
  readonly mount: string | undefined
  readonly client: ClientFacts
  /** All that this principal sees there. */
  readonly entries: readonly Entry[]
}

function capabilitiesOf(catalog: Catalog, { mount, client, entries }: Seen): object {
  const own = mount === undefined ? everything : (catalog.offers.get(mount)?.capabilities ?? {})
  const core = Object.fromEntries(Object.entries(everything).filter(([name]) => name in own))
  const tasks = knowsEraOfTasks(client) && offersTasks(catalog, entries, client)
  const extensions = {
    ...extensionsOf(catalog, entries),
    ...(tasks && client.era === "modern" && { [tasksExtension]: {} }),
  }
  return {
    ...core,
    ...(tasks &&
      client.era === "legacy" && { tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } }),
    ...(Object.keys(extensions).length > 0 && { extensions }),
  }
}

/** A modern client hears of the extension whether it has declared it or not. */
function knowsEraOfTasks(client: ClientFacts): boolean {
  return client.era === "modern" || knowsTasks(client)
}

/** MCP Apps, which are tools and resources like others: told as the first service tells it. */
const appsExtension = "io.modelcontextprotocol/ui"

function extensionsOf({ offers }: Catalog, entries: readonly Entry[]): object {
  const services = new Set(entries.map(({ service }) => service))
  for (const service of services) {
    const declared = offers.get(service)?.capabilities["extensions"]
    const apps = typeof declared === "object" && declared ? Object.entries(declared) : []
    const found = apps.find(([name]) => name === appsExtension)
    if (found) return Object.fromEntries([found])
  }
  return {}
}

const maxInstructions = 2_048
const maxAllInstructions = 16_384

/** What the services that the caller sees tell models, each under its name and cut to a fair share. */
function instructionsOf(catalog: Catalog, mount: string | undefined, seen: ReadonlySet<string>): string {
  if (mount !== undefined) return catalog.offers.get(mount)?.instructions ?? ""
  const parts = [...catalog.offers.values()]
    .filter(({ service, instructions }) => instructions && seen.has(service))
    .map(({ service, instructions = "" }) => `## ${service}\n${instructions.slice(0, maxInstructions)}`)
  return parts.join("\n\n").slice(0, maxAllInstructions)
}

/** An exchange for a caller that can only wait: REST, the command line. */
export function silentExchange(signal: AbortSignal): Exchange {
  return { signal, notify: () => {} }
}
