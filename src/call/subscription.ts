/**
 * What one subscription tells of the lists: it compares what its principal sees before and after each change, so that
 * nobody hears of what is hidden from them. It is kept small, since each legacy session holds one. How it begins:
 * listen.ts; who wakes it: listeners.ts.
 */

import type { ItemKind } from "../domain/catalog.ts"
import type { Answer } from "../mcp/message.ts"
import { noMembers, toRaw } from "../mcp/raw-json.ts"
import type { CallRequest } from "./call.ts"
import type { Listener, Listeners } from "./listeners.ts"
import type { ListSteps } from "./list.ts"
import type { Known } from "./resolve.ts"
import { viewOf, type View } from "./view.ts"

export type WantedLists = {
  readonly toolsListChanged?: boolean
  readonly promptsListChanged?: boolean
  readonly resourcesListChanged?: boolean
}

type List = { readonly flag: keyof WantedLists; readonly kind: ItemKind; readonly method: string }

const lists: readonly List[] = [
  { flag: "toolsListChanged", kind: "tools", method: "notifications/tools/list_changed" },
  { flag: "promptsListChanged", kind: "prompts", method: "notifications/prompts/list_changed" },
  { flag: "resourcesListChanged", kind: "resources", method: "notifications/resources/list_changed" },
  { flag: "resourcesListChanged", kind: "templates", method: "notifications/resources/list_changed" },
]

export const listFlags: ReadonlySet<keyof WantedLists> = new Set(lists.map(({ flag }) => flag))

export type SubscriptionOptions = {
  readonly steps: Pick<ListSteps, "authenticate">
  /** The snapshot of this moment. */
  readonly known: () => Known
  readonly listeners: Listeners
}

/** Resolves when the gateway ends the subscription; rejects when the caller does, or may listen no longer. */
export type Ended = PromiseWithResolvers<Answer>

type Terms = { readonly wanted: WantedLists; readonly ended: Ended }

export function subscribe(options: SubscriptionOptions, call: CallRequest, terms: Terms): void {
  new Subscription(options, call, terms).begin()
}

class Subscription implements Listener {
  readonly #options: SubscriptionOptions
  readonly #call: CallRequest
  readonly #wanted: WantedLists
  readonly #ended: Ended
  #seen: readonly View[]

  constructor(options: SubscriptionOptions, call: CallRequest, { wanted, ended }: Terms) {
    this.#options = options
    this.#call = call
    this.#wanted = wanted
    this.#ended = ended
    this.#seen = this.#look()
  }

  begin(): void {
    const { exchange } = this.#call
    const { aborted, reason } = exchange.cancellation ?? exchange.signal
    if (aborted) return this.#ended.reject(reason)
    // A signal takes as much as all else here, and where there is a cancellation it is made when it is read.
    if (exchange.cancellation) exchange.cancellation.follow(this)
    else exchange.signal.addEventListener("abort", this, { once: true })
    this.#options.listeners.add(this)
  }

  changed(): void {
    try {
      const now = this.#look()
      const isOther = (_list: List, index: number): boolean => isChanged(this.#seen[index], now[index])
      const methods = new Set(
        this.#lists()
          .filter(isOther)
          .map(({ method }) => method),
      )
      for (const method of methods) this.#call.exchange.notify({ method, params: noMembers })
      this.#seen = now
    } catch (thrown) {
      this.#leave()
      this.#ended.reject(thrown)
    }
  }

  finish(): void {
    this.#leave()
    this.#ended.resolve({ result: new Map([["resultType", toRaw("complete")]]) })
  }

  /** The caller has left. */
  onCancelled(reason: unknown): void {
    this.#leave()
    this.#ended.reject(reason)
  }

  handleEvent(): void {
    this.onCancelled(this.#call.exchange.signal.reason)
  }

  #leave(): void {
    this.#options.listeners.remove(this)
    const { exchange } = this.#call
    if (exchange.cancellation) exchange.cancellation.unfollow(this)
    else exchange.signal.removeEventListener("abort", this)
  }

  #lists(): readonly List[] {
    return lists.filter(({ flag }) => this.#wanted[flag])
  }

  #look(): readonly View[] {
    const { steps, known } = this.#options
    const { caller, mount, request } = this.#call
    const principal = steps.authenticate(caller)
    const scope = { mount, client: request.client, from: this.#call }
    return this.#lists().map(({ kind }) => viewOf(known(), principal, { ...scope, kind }))
  }
}

/** Views are shared by all who see the same, so most are told apart without a look at what they hold. */
function isChanged(before: View | undefined, now: View | undefined): boolean {
  return before !== now && before?.digest() !== now?.digest()
}
