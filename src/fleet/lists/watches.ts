/**
 * What a service tells of its own accord: that its lists changed, that a resource was updated. One subscription for the
 * lists and one for each URI, however many watch it, all taken up again when the connection is another one.
 */

import type { Notification } from "../../mcp/message.ts"
import type { Link } from "../../mcp/client/link.ts"
import { fromRaw, noMembers, toRawObject, type RawJson, type RawObject } from "../../mcp/raw-json.ts"
import { clientOf, ownRequest } from "../../mcp/client/service-facts.ts"
import { pause } from "../links/abortable.ts"
import { backoffMs } from "../links/backoff.ts"

export type WatchesOptions = {
  /** Our own Implementation object. */
  readonly clientInfo: RawJson
  readonly random: () => number
  readonly onListsChanged: () => void
}

/** Who watches one resource, for as long as the signal lets it. */
export type Watcher = {
  readonly uri: string
  readonly onUpdate: (notification: Notification) => void
  readonly signal: AbortSignal
}

type Watch = {
  readonly listeners: Set<(notification: Notification) => void>
  stop: AbortController
  agreed: Promise<boolean>
}

type Wish = {
  readonly link: Link
  readonly notifications: object
  /** The member of the acknowledgement that says yes; undefined where any part of it will do. */
  readonly needs?: string
  readonly hear: (notification: Notification) => void
}

/** How long a service may take to agree. */
const agreeMs = 10_000
/** A subscription that lasted no longer than this was hardly one. */
const stableMs = 60_000

export class Watches {
  readonly #options: WatchesOptions
  readonly #watches = new Map<string, Watch>()
  #link: Link | undefined
  #lists = new AbortController()

  constructor(options: WatchesOptions) {
    this.#options = options
  }

  /** From now on everything is heard over this connection, or over none. */
  use(link: Link | undefined): void {
    if (this.#link === link) return
    this.#link = link
    this.#lists.abort()
    this.#lists = new AbortController()
    if (link) void this.#keep(this.#listsWish(link), this.#lists.signal)
    for (const [uri, watch] of this.#watches) this.#renew(uri, watch)
  }

  /** @returns whether the service agreed; then the listener hears of updates until the signal aborts */
  async watch(uri: string, listener: (notification: Notification) => void, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    const watch = this.#watches.get(uri) ?? this.#begin(uri)
    // One listener may be given twice: each time counts.
    const own = (notification: Notification): void => listener(notification)
    watch.listeners.add(own)
    const leave = (): void => this.#leave(uri, watch, own)
    signal.addEventListener("abort", leave, { once: true })
    if (await hasAgreed(watch)) return true
    signal.removeEventListener("abort", leave)
    leave()
    return false
  }

  /** Takes over who watched a resource of this service before it was defined anew. */
  adopt({ uri, onUpdate, signal }: Watcher): void {
    if (signal.aborted) return
    const watch = this.#watches.get(uri) ?? this.#begin(uri)
    const own = (notification: Notification): void => onUpdate(notification)
    watch.listeners.add(own)
    signal.addEventListener("abort", () => this.#leave(uri, watch, own), { once: true })
  }

  close(): void {
    this.use(undefined)
    for (const { stop } of this.#watches.values()) stop.abort()
    this.#watches.clear()
  }

  #begin(uri: string): Watch {
    const watch: Watch = { listeners: new Set(), stop: new AbortController(), agreed: Promise.resolve(false) }
    this.#watches.set(uri, watch)
    this.#renew(uri, watch)
    return watch
  }

  #renew(uri: string, watch: Watch): void {
    watch.stop.abort()
    watch.stop = new AbortController()
    if (this.#link) watch.agreed = this.#keep(this.#updatesWish(this.#link, uri, watch), watch.stop.signal)
  }

  #leave(uri: string, watch: Watch, listener: (notification: Notification) => void): void {
    watch.listeners.delete(listener)
    if (watch.listeners.size > 0) return
    watch.stop.abort()
    if (this.#watches.get(uri) === watch) this.#watches.delete(uri)
  }

  #listsWish(link: Link): Wish {
    const notifications = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true }
    return {
      link,
      notifications,
      hear: ({ method }) => method.endsWith("/list_changed") && this.#options.onListsChanged(),
    }
  }

  #updatesWish(link: Link, uri: string, { listeners }: Watch): Wish {
    const hear = (notification: Notification): void => {
      if (notification.method !== "notifications/resources/updated") return
      for (const listener of listeners) listener(notification)
    }
    return { link, notifications: { resourceSubscriptions: [uri] }, needs: "resourceSubscriptions", hear }
  }

  /** Listens until the signal aborts, again and again where the service ends it. @returns whether it agreed at first */
  async #keep(wish: Wish, signal: AbortSignal): Promise<boolean> {
    const { promise: agreed, resolve } = Promise.withResolvers<boolean>()
    const repeat = async (): Promise<void> => {
      for (let attempt = 0; !signal.aborted; attempt++) {
        const began = performance.now()
        const honoured = await this.#listen(wish, signal, () => resolve(true))
        if (!honoured) return resolve(false)
        if (performance.now() - began > stableMs) attempt = 0
        await pause(backoffMs(attempt, { baseMs: 1_000 }, this.#options.random), signal)
        // What changed meanwhile was told to nobody.
        if (!signal.aborted && !wish.needs) this.#options.onListsChanged()
      }
    }
    void repeat()
    const late = setTimeout(() => resolve(false), agreeMs).unref()
    return agreed.finally(() => clearTimeout(late))
  }

  /** @returns whether the service had agreed */
  async #listen(wish: Wish, signal: AbortSignal, onAgreed: () => void): Promise<boolean> {
    const { link, notifications, needs, hear } = wish
    const client = clientOf(link.facts.era, { capabilities: noMembers, clientInfo: this.#options.clientInfo })
    const request = ownRequest("subscriptions/listen", client, toRawObject({ notifications }))
    let honoured = false
    const notify = (notification: Notification): void => {
      if (notification.method !== "notifications/subscriptions/acknowledged") return hear(notification)
      honoured = isHonoured(notification.params, needs)
      if (honoured) onAgreed()
    }
    // A connection that is lost, or a service that knows no subscriptions, ends it all the same.
    await link.handle(request, { signal, notify }).catch(() => {})
    return honoured
  }
}

/** What the service said over the connection of now, should the first be lost before it said anything. */
async function hasAgreed(watch: Watch): Promise<boolean> {
  const { agreed } = watch
  const yes = await agreed
  return watch.agreed === agreed ? yes : hasAgreed(watch)
}

function isHonoured(params: RawObject, needs: string | undefined): boolean {
  const raw = params.get("notifications")
  const honoured: unknown = raw && fromRaw(raw)
  if (typeof honoured !== "object" || honoured === null) return false
  if (needs === undefined) return Object.values(honoured).includes(true)
  const uris: unknown = new Map(Object.entries(honoured)).get(needs)
  return Array.isArray(uris) && uris.length > 0
}
