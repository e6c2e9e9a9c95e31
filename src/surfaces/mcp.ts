/**
 * The MCP door: every request of every MCP client, whatever transport and era brought it, arrives here in the neutral
 * form. Calls go to call.ts, lists to list.ts, subscriptions to listen.ts; what the gateway says of itself is below.
 */

import type { CallRequest } from "../call/call.ts"
import { list, listMethods, type ListSteps } from "../call/list.ts"
import { listen, type ListenOptions } from "../call/listen.ts"
import type { Known } from "../call/resolve.ts"
import { viewOf } from "../call/view.ts"
import { itemKinds, type Catalog } from "../domain/catalog.ts"
import type { Caller } from "../domain/principal.ts"
import type { Answer, Exchange, Handler, Request } from "../mcp/message.ts"
import { modernRevisions } from "../mcp/message.ts"
import { unknownMethod } from "../mcp/protocol-error.ts"
import { toRawObject, type RawJson } from "../mcp/raw-json.ts"
import { GatewayError } from "../errors.ts"

export type McpDoorOptions = {
  readonly call: (request: CallRequest) => Promise<Answer>
  readonly steps: ListSteps
  readonly known: () => Known
  readonly listen: ListenOptions
  /** Resolves when the lists are as complete as they will soon be. */
  readonly settled: () => Promise<void>
  /** Our own Implementation object. */
  readonly serverInfo: RawJson
  /** Told of what failed inside, since the client is not. */
  readonly onInternalError: (error: GatewayError, method: string) => void
}

/** One client, as far as the door must know: who sends, and which endpoint was addressed. */
export type McpPeer = { readonly caller: Caller; readonly mount: string | undefined }

/** Sessions belong to a principal and the very credential that began them. */
export function ownerOf({ principalId, keyId = "" }: Caller): string {
  return `${principalId}/${keyId}`
}

const callMethods = new Set(["tools/call", "prompts/get", "resources/read", "completion/complete"])

export function createMcpDoor(options: McpDoorOptions): (peer: McpPeer) => Handler {
  return (peer) => async (request, exchange) => {
    const asked = { ...peer, request, exchange }
    try {
      return await answer(options, asked)
    } catch (thrown) {
      // A call has its own record; what the log could not take, it counts.
      if (!callMethods.has(request.method) && !exchange.signal.aborted)
        await options.steps.refused(asked, thrown).catch(() => {})
      if (!exchange.signal.aborted) report(options, thrown, request)
      throw thrown
    }
  }
}

async function answer(options: McpDoorOptions, request: CallRequest): Promise<Answer> {
  const { method } = request.request
  if (callMethods.has(method)) return options.call(request)
  if (method === "subscriptions/listen") return listen(options.listen, request)
  if (method === "server/discover") return discover(options, request)
  if (!Object.hasOwn(listMethods, method)) throw unknownMethod(method)
  await options.settled()
  return list(options.steps, options.known(), request)
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
  const entries = itemKinds.flatMap((kind) => viewOf(known(), principal, mount, kind).entries)
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
      capabilities: capabilitiesOf(catalog, mount),
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

function capabilitiesOf(catalog: Catalog, mount: string | undefined): object {
  if (mount === undefined) return everything
  const own = catalog.offers.get(mount)?.capabilities ?? {}
  return Object.fromEntries(Object.entries(everything).filter(([name]) => name in own))
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
