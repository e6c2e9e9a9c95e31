/**
 * A subscription: the caller is told when what it sees changes, for as long as it may see it. How lists are compared:
 * subscription.ts; what is watched by name: watch-named.ts.
 */

import { GatewayError } from "../errors.ts"
import type { Answer, Notification } from "../mcp/message.ts"
import { fromRaw, toRawObject } from "../mcp/raw-json.ts"
import type { CallRequest } from "./call.ts"
import { recordedText } from "./entry-facts.ts"
import { listFlags, subscribe, type Ended, type SubscriptionOptions, type WantedLists } from "./subscription.ts"
import type { Target } from "./target.ts"
import { knowsTasks } from "./tasks/support.ts"
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

export type ListenOptions = WatchOptions & SubscriptionOptions

type Wanted = WantedLists & {
  readonly resourceSubscriptions?: readonly string[]
  readonly taskIds?: readonly string[]
}

const maxNamed = 256
const maxRecordedLength = 1_024

/** Resolves when the gateway ends the subscription; rejects when the caller does, or may listen no longer. */
export function listen(options: ListenOptions, call: CallRequest): Promise<Answer> {
  const ended = Promise.withResolvers<Answer>()
  begin(options, call, ended).catch(ended.reject)
  return ended.promise
}

async function begin(options: ListenOptions, call: CallRequest, ended: Ended): Promise<void> {
  const { resourceSubscriptions, taskIds, ...flags } = readWanted(call)
  if (resourceSubscriptions || taskIds) {
    const over = new AbortController()
    const end = (): void => over.abort()
    ended.promise.then(end, end)
    const until = AbortSignal.any([over.signal, call.exchange.signal])
    await watchNamed(until, options, call, { resourceSubscriptions, taskIds, flags })
  } else {
    const principal = options.steps.authenticate(call.caller)
    await options.steps.shown(principal, call, { kind: "subscription", detail: detailOf(flags, [], []) })
    acknowledge(call, flags)
  }
  subscribe(options, call, { wanted: flags, ended })
}

type NamedToo = {
  readonly resourceSubscriptions: Wanted["resourceSubscriptions"]
  readonly taskIds: Wanted["taskIds"]
  readonly flags: WantedLists
}

async function watchNamed(
  over: AbortSignal,
  options: ListenOptions,
  call: CallRequest,
  { resourceSubscriptions, taskIds, flags }: NamedToo,
): Promise<void> {
  const { steps } = options
  const principal = steps.authenticate(call.caller)
  const updates = holdBack((update) => call.exchange.notify(update))
  const watching: Watching = { principal, call, over, tell: (update, uri) => updates.tell(update, uri) }
  const resources = findNamed(resourceSubscriptions, (uri) => findResource(options, watching, uri))
  const tasks = findNamed(taskIds, (id) => findWatchedTask(options, watching, id))
  await steps.shown(principal, call, { kind: "subscription", detail: detailOf(flags, resources, tasks) })
  const [watchedResources, watchedTasks] = await Promise.all([
    keepAgreed(resources, (uri, target) => watchResource(options, watching, { name: uri, target })),
    keepAgreed(tasks, (id, target) => watchOneTask(options, watching, { name: id, target })),
  ])
  acknowledge(call, {
    ...flags,
    ...(watchedResources.length > 0 && { resourceSubscriptions: watchedResources }),
    ...(watchedTasks.length > 0 && { taskIds: watchedTasks }),
  })
  updates.release()
}

function acknowledge({ exchange }: CallRequest, honoured: Wanted): void {
  exchange.notify({
    method: "notifications/subscriptions/acknowledged",
    params: toRawObject({ notifications: honoured }),
  })
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
  const flags = [...listFlags].filter((flag) => wanted[flag] === true).map((flag) => [flag, true])
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
