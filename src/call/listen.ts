/**
 * A subscription: the caller is told when what it sees changes, for as long as it may see it. Lists are compared as
 * this principal sees them, so nobody hears of what is hidden from them.
 */

import type { ItemKind } from "../domain/catalog.ts"
import type { Events } from "../domain/event.ts"
import type { Fleet } from "../domain/fleet.ts"
import type { ActivePrincipal } from "../domain/principal.ts"
import type { ManagementResource } from "../domain/tool.ts"
import { GatewayError } from "../errors.ts"
import type { Answer, Notification } from "../mcp/message.ts"
import { fromRaw, noMembers, toRaw, toRawObject, withMembers } from "../mcp/raw-json.ts"
import { authorize } from "./authorize.ts"
import type { CallRequest } from "./call.ts"
import { recordedText } from "./entry-facts.ts"
import type { ListSteps } from "./list.ts"
import { resolveUri, type Known } from "./resolve.ts"
import type { Target } from "./target.ts"
import { viewOf } from "./view.ts"

export type ListenOptions = {
  readonly steps: ListSteps
  /** The snapshot of this moment. */
  readonly known: () => Known
  readonly fleet: Pick<Fleet, "watch">
  readonly events: Events
  /** Aborts when the gateway stops: subscriptions end with an answer then. */
  readonly stopping: AbortSignal
}

type Wanted = {
  readonly toolsListChanged?: boolean
  readonly promptsListChanged?: boolean
  readonly resourcesListChanged?: boolean
  readonly resourceSubscriptions?: readonly string[]
}

/** Changes that come together are told once. */
const quietMs = 50
const maxResources = 256
const changesLists: ReadonlySet<string> = new Set(["catalog", "identity"])
const maxRecordedLength = 1_024

const lists: readonly {
  readonly flag: keyof Wanted
  readonly kinds: readonly ItemKind[]
  readonly method: string
}[] = [
  { flag: "toolsListChanged", kinds: ["tools"], method: "notifications/tools/list_changed" },
  { flag: "promptsListChanged", kinds: ["prompts"], method: "notifications/prompts/list_changed" },
  {
    flag: "resourcesListChanged",
    kinds: ["resources", "templates"],
    method: "notifications/resources/list_changed",
  },
]

/** Resolves when the gateway ends the subscription; rejects when the caller does, or may listen no longer. */
export async function listen(options: ListenOptions, call: CallRequest): Promise<Answer> {
  const over = new AbortController()
  try {
    return await listenUntil(AbortSignal.any([over.signal, call.exchange.signal]), options, call)
  } finally {
    over.abort()
  }
}

async function listenUntil(over: AbortSignal, options: ListenOptions, call: CallRequest): Promise<Answer> {
  const { steps, events, stopping } = options
  const { exchange } = call
  const wanted = readWanted(call)
  const principal = steps.authenticate(call.caller)
  const { resourceSubscriptions, ...flags } = wanted
  const updates = holdBack((update) => exchange.notify(update))
  const watching: Watching = { principal, call, over, tell: (update, uri) => updates.tell(update, uri) }
  const resources = resourceSubscriptions?.map((uri) => findResource(options, watching, uri)) ?? []
  await steps.shown(principal, call, { kind: "subscription", detail: detailOf(flags, resources) })
  const honoured = { ...flags, ...(await watchResources(options, watching, resources)) }
  exchange.notify({
    method: "notifications/subscriptions/acknowledged",
    params: toRawObject({ notifications: honoured }),
  })
  updates.release()

  const ended = Promise.withResolvers<Answer>()
  const watcher = watchLists(options, call, wanted, ended.reject)
  const unsubscribe = events.subscribe(({ type }) => changesLists.has(type) && watcher.changed())
  const finish = (): void => ended.resolve({ result: new Map([["resultType", toRaw("complete")]]) })
  const leave = (): void => ended.reject(exchange.signal.reason)
  stopping.addEventListener("abort", finish, { once: true })
  exchange.signal.addEventListener("abort", leave, { once: true })
  try {
    if (exchange.signal.aborted) leave()
    if (stopping.aborted) finish()
    return await ended.promise
  } finally {
    unsubscribe()
    watcher.stop()
    stopping.removeEventListener("abort", finish)
    exchange.signal.removeEventListener("abort", leave)
  }
}

/** What is listened to, and what was asked for in vain, for the record. */
function detailOf(flags: object, resources: readonly Found[]): Readonly<Record<string, string>> {
  const say = (found: readonly Found[]): string => found.map(({ uri }) => recordedText(uri)).join(" ")
  const [granted, refused] = [resources.filter(({ target }) => target), resources.filter(({ target }) => !target)]
  const to = [...Object.keys(flags), say(granted)].filter((text) => text !== "").join(" ")
  const vain = say(refused)
  return {
    to: to.slice(0, maxRecordedLength),
    ...(vain !== "" && { refused: vain.slice(0, maxRecordedLength) }),
  }
}

function readWanted({ request }: CallRequest): Wanted {
  const raw = request.params.get("notifications")
  const wanted = (raw?.[0] === 0x7b ? fromRaw(raw) : undefined) as Record<string, unknown> | undefined
  if (!wanted) throw new GatewayError("invalid", "params.notifications must be an object.")
  const uris = wanted["resourceSubscriptions"] ?? []
  if (!Array.isArray(uris) || uris.length > maxResources || uris.some((uri) => typeof uri !== "string")) {
    throw new GatewayError("invalid", `resourceSubscriptions must be at most ${maxResources} URIs.`)
  }
  const flags = lists.filter(({ flag }) => wanted[flag] === true).map(({ flag }) => [flag, true])
  return { ...Object.fromEntries(flags), ...(uris.length > 0 && { resourceSubscriptions: uris }) }
}

/** Keeps updates until the acknowledgement has gone ahead of them: one for each resource says it all. */
function holdBack(notify: (update: Notification) => void): {
  tell(update: Notification, uri: string): void
  release(): void
} {
  let held: Map<string, Notification> | undefined = new Map()
  return {
    tell: (update, uri) => (held ? void held.set(uri, update) : notify(update)),
    release: () => {
      const waiting = held?.values() ?? []
      held = undefined
      for (const update of waiting) notify(update)
    },
  }
}

type Watching = {
  readonly principal: ActivePrincipal
  readonly call: CallRequest
  readonly tell: (update: Notification, uri: string) => void
  /** Aborts when the subscription ends, whoever ended it. */
  readonly over: AbortSignal
}

type Found = { readonly uri: string; readonly target: Target | undefined }

/** Without a target where there is no such resource for this principal. */
function findResource({ known }: ListenOptions, { principal, call }: Watching, uri: string): Found {
  try {
    const target = resolveUri(known(), call.mount, principal, uri)
    authorize(principal, target)
    return { uri, target }
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.code !== "internal") return { uri, target: undefined }
    throw thrown
  }
}

/** @returns the subset of the resources that the principal may read and whose services tell of updates */
async function watchResources(
  options: ListenOptions,
  watching: Watching,
  resources: readonly Found[],
): Promise<Pick<Wanted, "resourceSubscriptions">> {
  const honoured = await Promise.all(resources.map((found) => watchResource(options, watching, found)))
  const kept = resources.filter((_found, index) => honoured[index]).map(({ uri }) => uri)
  return kept.length > 0 ? { resourceSubscriptions: kept } : {}
}

async function watchResource(
  { steps, fleet, events }: ListenOptions,
  { call, tell, over }: Watching,
  { uri, target }: Found,
): Promise<boolean> {
  if (!target) return false
  const onUpdate = (update: Notification): void => {
    if (mayStill(steps, call, target)) tell(asAskedFor(update, uri), uri)
  }
  if (target.kind === "operation") return watchOwn(events, target.resource, onUpdate, over)
  if (target.kind !== "resource") return false
  try {
    return await fleet.watch(target.entry.service, target.entry.uri, onUpdate, over)
  } catch (thrown) {
    if (thrown instanceof GatewayError && thrown.code !== "internal") return false
    throw thrown
  }
}

function watchOwn(
  events: Events,
  resource: ManagementResource | undefined,
  onUpdate: (update: Notification) => void,
  over: AbortSignal,
): boolean {
  if (!resource) return false
  const { uri, event } = resource
  const update = { method: "notifications/resources/updated", params: toRawObject({ uri }) }
  const stop = events.subscribe(({ type }) => type === event && onUpdate(update))
  over.addEventListener("abort", stop, { once: true })
  return true
}

function mayStill(steps: ListenOptions["steps"], { caller }: CallRequest, target: Target): boolean {
  try {
    authorize(steps.authenticate(caller), target)
    return true
  } catch {
    return false // grants were taken away or the key was, and nobody waits for the error
  }
}

/** The update under the URI that its receiver knows. */
function asAskedFor({ method, params }: Notification, uri: string): Notification {
  return { method, params: withMembers(params, { uri: toRaw(uri) }) }
}

/** Compares what the caller sees before and after each change, and tells of the difference. */
function watchLists(
  { steps, known }: ListenOptions,
  { caller, mount, exchange }: CallRequest,
  wanted: Wanted,
  stop: (reason: unknown) => void,
): { changed(): void; stop(): void } {
  const watched = lists.filter(({ flag }) => wanted[flag])
  const look = (): readonly string[] => {
    const principal = steps.authenticate(caller)
    return watched.map(({ kinds }) => kinds.map((kind) => viewOf(known(), principal, mount, kind).digest()).join())
  }
  let seen = look()
  let timer: NodeJS.Timeout | undefined
  const tell = (): void => {
    timer = undefined
    try {
      const now = look()
      watched.forEach(
        ({ method }, index) => now[index] !== seen[index] && exchange.notify({ method, params: noMembers }),
      )
      seen = now
    } catch (thrown) {
      stop(thrown)
    }
  }
  return { changed: () => (timer ??= setTimeout(tell, quietMs)), stop: () => clearTimeout(timer) }
}
