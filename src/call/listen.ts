/**
 * A subscription: the caller is told when what it sees changes, for as long as it may see it. Lists are compared as
 * this principal sees them, so nobody hears of what is hidden from them.
 */

import type { ItemKind } from "../domain/catalog.ts"
import { GatewayError } from "../errors.ts"
import type { Answer, Notification } from "../mcp/message.ts"
import { fromRaw, noMembers, toRaw, toRawObject } from "../mcp/raw-json.ts"
import type { CallRequest } from "./call.ts"
import { recordedText } from "./entry-facts.ts"
import type { Target } from "./target.ts"
import { knowsTasks } from "./tasks/support.ts"
import { viewOf } from "./view.ts"
import {
  findNamed,
  findResource,
  findWatchedTask,
  keepAgreed,
  watchOneTask,
  watchResource,
  type Named,
  type TaskTarget,
  type WatchOptions,
  type Watching,
} from "./watch-named.ts"

export type ListenOptions = WatchOptions & {
  /** Aborts when the gateway stops: subscriptions end with an answer then. */
  readonly stopping: AbortSignal
}

type Wanted = {
  readonly toolsListChanged?: boolean
  readonly promptsListChanged?: boolean
  readonly resourcesListChanged?: boolean
  readonly resourceSubscriptions?: readonly string[]
  readonly taskIds?: readonly string[]
}

/** Changes that come together are told once. */
const quietMs = 50
const maxNamed = 256
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
  const { resourceSubscriptions, taskIds, ...flags } = wanted
  const updates = holdBack((update) => exchange.notify(update))
  const watching: Watching = { principal, call, over, tell: (update, uri) => updates.tell(update, uri) }
  const resources = findNamed(resourceSubscriptions, (uri) => findResource(options, watching, uri))
  const tasks = findNamed(taskIds, (id) => findWatchedTask(options, watching, id))
  await steps.shown(principal, call, { kind: "subscription", detail: detailOf(flags, resources, tasks) })
  const [watchedResources, watchedTasks] = await Promise.all([
    keepAgreed(resources, (uri, target) => watchResource(options, watching, { name: uri, target })),
    keepAgreed(tasks, (id, target) => watchOneTask(options, watching, { name: id, target })),
  ])
  const honoured: Wanted = {
    ...flags,
    ...(watchedResources.length > 0 && { resourceSubscriptions: watchedResources }),
    ...(watchedTasks.length > 0 && { taskIds: watchedTasks }),
  }
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
function detailOf(
  flags: object,
  resources: readonly Named<Target>[],
  tasks: readonly Named<TaskTarget>[],
): Readonly<Record<string, string>> {
  const say = (found: readonly Named<Target>[]): string => found.map(({ name }) => recordedText(name)).join(" ")
  const granted = say(resources.filter(({ target }) => target))
  const vain = say(resources.filter(({ target }) => !target))
  const watched = tasks.length > 0 ? [`tasks:${tasks.length}`] : []
  const to = [...Object.keys(flags), ...watched, granted].filter((text) => text !== "").join(" ")
  return {
    to: to.slice(0, maxRecordedLength),
    ...(vain !== "" && { refused: vain.slice(0, maxRecordedLength) }),
  }
}

function readWanted({ request }: CallRequest): Wanted {
  const raw = request.params.get("notifications")
  const wanted = (raw?.[0] === 0x7b ? fromRaw(raw) : undefined) as Record<string, unknown> | undefined
  if (!wanted) throw new GatewayError("invalid", "params.notifications must be an object.")
  const uris = readTexts(wanted, "resourceSubscriptions")
  const taskIds = knowsTasks(request.client) ? readTexts(wanted, "taskIds") : []
  const flags = lists.filter(({ flag }) => wanted[flag] === true).map(({ flag }) => [flag, true])
  return {
    ...Object.fromEntries(flags),
    ...(uris.length > 0 && { resourceSubscriptions: uris }),
    ...(taskIds.length > 0 && { taskIds }),
  }
}

function readTexts(
  wanted: Record<string, unknown>,
  member: "resourceSubscriptions" | "taskIds",
): readonly string[] {
  const texts = wanted[member] ?? []
  if (Array.isArray(texts) && texts.length <= maxNamed && texts.every((text) => typeof text === "string"))
    return [...new Set(texts)]
  throw new GatewayError("invalid", `${member} must be at most ${maxNamed} strings.`)
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

/** Compares what the caller sees before and after each change, and tells of the difference. */
function watchLists(
  { steps, known }: ListenOptions,
  { caller, mount, request, exchange }: CallRequest,
  wanted: Wanted,
  stop: (reason: unknown) => void,
): { changed(): void; stop(): void } {
  const watched = lists.filter(({ flag }) => wanted[flag])
  const look = (): readonly string[] => {
    const principal = steps.authenticate(caller)
    return watched.map(({ kinds }) =>
      kinds.map((kind) => viewOf(known(), principal, { mount, kind, client: request.client }).digest()).join(),
    )
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
