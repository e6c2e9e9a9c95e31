/**
 * `subscriptions/listen` towards a service of the legacy era: its list changes come unasked, its resource updates after
 * `resources/subscribe`, which all subscriptions of one link share and count.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/server/resources
 */

import { GatewayError } from "../../errors.ts"
import type { SessionCarrier } from "./carrier.ts"
import { complete } from "../era-modern.ts"
import { isTaskNews, legacyNews, readLegacyTaskNews } from "../legacy-tasks.ts"
import type { Answer, Exchange, Notification, Request } from "../message.ts"
import { readMembers } from "../outline.ts"
import { ProtocolError } from "../protocol-error.ts"
import { fromRaw, readString, toRawObject, type RawJson } from "../raw-json.ts"
import { SharedSubscriptions } from "./shared-subscriptions.ts"

type Wanted = {
  readonly flags: ReadonlySet<string>
  readonly uris: readonly string[]
  readonly taskIds: ReadonlySet<string>
}
type Listener = {
  readonly flags: ReadonlySet<string>
  readonly uris: ReadonlySet<string>
  readonly taskIds: ReadonlySet<string>
  readonly notify: (notification: Notification) => void
}

/** What a subscription may name at once. */
const maxUris = 1_000

/** Flag of a subscription -> the capability that must offer `listChanged`. */
const lists: Readonly<Record<string, string>> = {
  toolsListChanged: "tools",
  promptsListChanged: "prompts",
  resourcesListChanged: "resources",
}

export class LegacySubscriptions {
  readonly #capabilities: Readonly<Record<string, unknown>>
  readonly #shared: SharedSubscriptions
  readonly #listeners = new Set<Listener>()
  readonly #closed: Promise<GatewayError | undefined>

  constructor(carrier: SessionCarrier, capabilities: Readonly<Record<string, unknown>>) {
    this.#capabilities = capabilities
    this.#shared = new SharedSubscriptions(carrier)
    this.#closed = carrier.closed
    carrier.follow((notification) => this.#publish(notification))
  }

  /** Resolves when the signal aborts; rejects when the link is lost. */
  async listen(request: Request, exchange: Exchange): Promise<Answer> {
    const { signal } = exchange
    const wanted = readWanted(request.params.get("notifications"))
    const flags = new Set([...wanted.flags].filter((flag) => this.#offers(lists[flag] ?? "", "listChanged")))
    const uris = this.#offers("resources", "subscribe") ? wanted.uris : []
    const honoured = new Set(await this.#shared.subscribe(uris))
    const notify: Listener["notify"] = (notification) => exchange.notify(notification)
    const taskIds = "tasks" in this.#capabilities ? wanted.taskIds : new Set<string>()
    const listener: Listener = { flags, uris: honoured, taskIds, notify }
    try {
      if (!signal.aborted) notify(acknowledgement(listener))
      this.#listeners.add(listener)
      await this.#ended(signal)
      return { result: new Map([["resultType", complete]]) }
    } finally {
      this.#listeners.delete(listener)
      this.#shared.unsubscribe(honoured)
    }
  }

  async #ended(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<"aborted">()
    const stop = (): void => resolve("aborted")
    if (signal.aborted) stop()
    signal.addEventListener("abort", stop)
    const outcome = await Promise.race([promise, this.#closed])
    signal.removeEventListener("abort", stop)
    if (outcome === "aborted") return
    throw new GatewayError("service_unavailable", "The connection to the service was lost; subscribe again.", {
      cause: outcome,
    })
  }

  #offers(capability: string, member: string): boolean {
    const offered = this.#capabilities[capability]
    return typeof offered === "object" && offered !== null && (offered as Record<string, unknown>)[member] === true
  }

  #publish(notification: Notification): void {
    const news = notification.method === legacyNews ? readLegacyTaskNews(notification) : notification
    for (const listener of this.#listeners) if (isWanted(listener, news)) listener.notify(news)
  }
}

function isWanted({ flags, uris, taskIds }: Listener, { method, params }: Notification): boolean {
  if (isTaskNews(method)) return taskIds.has(readString(params.get("taskId")) ?? "")
  const [, list, change] = method.split("/")
  if (change === "list_changed") return flags.has(`${list}ListChanged`)
  const updated = readString(params.get("uri"))
  return updated !== undefined && (uris.has(updated) || [...uris].some((uri) => isPartOf(updated, uri)))
}

/** What changed may be a part of what was subscribed to. */
function isPartOf(updated: string, uri: string): boolean {
  return updated.startsWith(uri) && (uri.endsWith("/") || "/?#".includes(updated.charAt(uri.length)))
}

function readWanted(raw: RawJson | undefined): Wanted {
  if (raw?.[0] !== 0x7b) throw new ProtocolError("invalid_params", "params.notifications must be an object.")
  const members = readMembers(raw)
  const flags = Object.keys(lists).filter((flag) => members.get(flag)?.toString() === "true")
  const read = (member: string): string[] => readTexts(members.get(member), member)
  return { flags: new Set(flags), uris: read("resourceSubscriptions"), taskIds: new Set(read("taskIds")) }
}

function readTexts(raw: RawJson | undefined, member: string): string[] {
  const texts = raw ? fromRaw(raw) : []
  if (!Array.isArray(texts) || texts.length > maxUris || !texts.every((text) => typeof text === "string")) {
    throw new ProtocolError("invalid_params", `${member} must be an array of at most ${maxUris} strings.`)
  }
  return [...new Set(texts)]
}

function acknowledgement({ flags, uris, taskIds }: Listener): Notification {
  const honoured = new Map([...flags].map((flag) => [flag, true] as const))
  const notifications = {
    ...Object.fromEntries(honoured),
    ...(uris.size > 0 && { resourceSubscriptions: [...uris] }),
    ...(taskIds.size > 0 && { taskIds: [...taskIds] }),
  }
  return { method: "notifications/subscriptions/acknowledged", params: toRawObject({ notifications }) }
}
