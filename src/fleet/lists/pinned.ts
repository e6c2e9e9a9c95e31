/**
 * The pins of one live service: its lists go through here before anything is offered, and come out without what nobody
 * approved. What counts as approved: domain/pins. Every look begins with what is kept on disk, and what is trusted at
 * first use is on disk before it is offered: an approval that a crash could take back would let another text pass after.
 */

import { itemKinds, type ItemKind } from "../../domain/catalog.ts"
import { applyPins, approvalOf, findHeld, keyOf, meet, note, type Given } from "../../domain/pins/judge.ts"
import {
  digestOfAll,
  noPins,
  pinKinds,
  type Held,
  type PinChange,
  type PinEvent,
  type PinKind,
  type PinMode,
  type PinRecord,
  type PinStore,
  type PinsShown,
} from "../../domain/pins/pin.ts"
import { GatewayError } from "../../errors.ts"
import type { Lists } from "./list-cache.ts"
import type { ListItems } from "./lists.ts"
import { SeenDefinitions, seenInstructions, type SeenItem } from "./seen-definitions.ts"

/** What a service says of itself. */
type Said = Pick<Lists, "facts" | "items">

export type PinnedOptions = {
  readonly service: string
  readonly mode: PinMode
  readonly store: PinStore
  /** Whether the service's file lets this tool be offered at all: what it does not is held back in silence. */
  readonly offersTool: (name: string) => boolean
  /** Whether nothing of these should be trusted because it comes first. */
  readonly isGrave: (lists: Said) => Promise<boolean>
  /** Epoch ms. */
  readonly now: () => number
  readonly onEvent: (event: PinEvent) => void
}

/** What may be offered of a service's lists. */
export type Screened = {
  readonly items: ListItems
  readonly instructions: string | undefined
  /** All that is held back, by kind and the service's own name. */
  readonly held: readonly Held[]
}

const nothing: PinChange = { before: [], after: [] }

type Kept = { readonly record: PinRecord; readonly fault: string | undefined }

export class Pinned {
  readonly #options: PinnedOptions
  readonly #definitions = new SeenDefinitions()
  #shown: PinsShown
  /** Then there is no first use any more. */
  #isKept = false

  constructor(options: PinnedOptions) {
    this.#options = options
    this.#shown = {
      mode: options.mode,
      held: [],
      digest: undefined,
      approval: nothing,
      events: [],
      fault: undefined,
    }
  }

  get shown(): PinsShown {
    return this.#shown
  }

  /** @param unheard of which the service could not be asked now */
  async screen(lists: Said, unheard: ReadonlySet<ItemKind>): Promise<Screened> {
    const { facts, items } = lists
    if (this.#options.mode === "off") return { items, instructions: facts.instructions, held: [] }
    const found = await this.#definitions.read(lists)
    const seen = found.map((item) => item.seen)
    if (facts.instructions !== undefined && facts.instructions !== "")
      seen.push(seenInstructions(facts.instructions))
    const heard = new Set<PinKind>(pinKinds.filter((kind) => kind === "instructions" || !unheard.has(kind)))
    const given = { seen, heard, era: facts.era }
    const { record, fault } = await this.#look(await this.#load(), given, lists)
    const held = findHeld(record, given)
    await this.#show({ record, fault }, given, held)
    return { items: withoutHeld(items, found, held), instructions: instructionsOf(record, facts, held), held }
  }

  /** @throws GatewayError `conflict` where something else is approved by now; `invalid` where it cannot be kept */
  async pin(change: PinChange): Promise<void> {
    const { service, store, now } = this.#options
    const { record } = await this.#load()
    const pinned = applyPins(record, change, now())
    if (!pinned)
      throw new GatewayError(
        "conflict",
        `Something else of ${service} was approved meanwhile; look at it again.`,
        {
          detail: { service },
          next: { operation: "list_held_items", arguments: { name: service } },
        },
      )
    await store.save(pinned)
    this.#tell(pinned)
  }

  async #load(): Promise<Kept> {
    const { service, store } = this.#options
    try {
      const record = await store.load(service)
      if (!record && this.#isKept)
        throw new GatewayError("invalid", `What was approved of ${service} is gone; approve_tools keeps it anew.`)
      this.#isKept ||= record !== undefined
      return { record: record ?? noPins(service), fault: undefined }
    } catch (thrown) {
      // Met, so that nothing is taken for a first use.
      return { record: { ...noPins(service), met: pinKinds }, fault: GatewayError.from(thrown).message }
    }
  }

  /** Keeps what is trusted at first use, or trusts nothing new. */
  async #look(kept: Kept, given: Given, lists: Said): Promise<Kept> {
    const record = await this.#meet(kept.record, given, lists)
    if (record === kept.record) return kept
    try {
      await this.#options.store.save(record)
      this.#isKept = true
      return { record, fault: undefined }
    } catch (thrown) {
      return { ...kept, fault: GatewayError.from(thrown).message }
    }
  }

  async #meet(record: PinRecord, given: Given, lists: Said): Promise<PinRecord> {
    const { mode, isGrave } = this.#options
    const met = meet(record, given, mode)
    if (met === record || mode !== "first_use" || !(await isGrave(lists))) return met
    return meet(record, given, "approve")
  }

  async #show({ record, fault }: Kept, given: Given, all: readonly Held[]): Promise<void> {
    const { service, mode, store, now } = this.#options
    const held = all.filter((one) => this.#isShown(one))
    const noted = fault === undefined ? note(record, held, now()) : record
    const [digest, approval] = [digestOfAll(service, held), approvalOf(record, given, held)]
    this.#shown = { mode, held, digest, approval, events: noted.events, fault }
    if (noted === record) return
    this.#tell(noted)
    // The events are for people: nothing is decided by them.
    await store.save(noted).catch(() => {})
  }

  #tell({ events }: PinRecord): void {
    const event = events.at(-1)
    if (event) this.#options.onEvent(event)
  }

  #isShown({ kind, name }: Held): boolean {
    return kind !== "tools" || this.#options.offersTool(name)
  }
}

function withoutHeld(items: ListItems, found: readonly SeenItem[], held: readonly Held[]): ListItems {
  if (held.length === 0) return items
  const texts = new Set(held.map((one) => `${keyOf(one)}\n${one.digest}`))
  const isHeld = ({ seen }: SeenItem): boolean => texts.has(`${keyOf(seen)}\n${seen.digest}`)
  const definitions = new Set(found.filter(isHeld).map(({ definition }) => definition))
  const rest = (kind: ItemKind): ListItems[ItemKind] => items[kind].filter((one) => !definitions.has(one))
  return Object.fromEntries(itemKinds.map((kind) => [kind, rest(kind)])) as Record<ItemKind, ListItems[ItemKind]>
}

/** Clients go on being told what was approved: nothing is called by it. */
function instructionsOf(
  { approved }: PinRecord,
  { instructions }: Pick<Lists["facts"], "instructions">,
  held: readonly Held[],
): string | undefined {
  if (held.every(({ kind }) => kind !== "instructions")) return instructions
  const text = approved.find(({ kind }) => kind === "instructions")?.text
  return text === undefined ? undefined : (JSON.parse(text) as string)
}
