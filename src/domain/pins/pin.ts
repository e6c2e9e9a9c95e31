/**
 * Pins: what of a service was approved, so that models see nothing of it that nobody approved. An approval is of a text,
 * character by character (canonical-text.ts); whatever a model can see of an item is in it, and so is what the service
 * says of itself. What is held back of a list: judge.ts. Where approvals are kept: the port below.
 */

import { hash } from "node:crypto"
import type { ItemKind } from "../catalog.ts"
import { visibleLine } from "../visible-text.ts"

/**
 * `first_use`: what a service offers at first is approved, and nothing after it. `approve`: nothing is until somebody
 * does. `off`: nothing is looked at.
 */
export const pinModes = ["first_use", "approve", "off"] as const
export type PinMode = (typeof pinModes)[number]

export const pinKinds = ["tools", "prompts", "resources", "templates", "instructions"] as const
export type PinKind = ItemKind | "instructions"

/** Something that models can see, as its service defines it now. */
export type Seen = {
  readonly kind: PinKind
  /** The service's own. */
  readonly name: string
  readonly digest: string
  /** Of a tool that has the member `execution`: the digest without it. */
  readonly bare?: string | undefined
  /** Canonical. */
  readonly text: () => string
}

/** Something that was approved. */
export type Approved = {
  readonly kind: PinKind
  readonly name: string
  readonly digest: string
  readonly bare?: string | undefined
  /** Undefined where all of the service's are too long to keep. */
  readonly text?: string | undefined
}

/** Something that nobody approved: `pending` where nothing of this name was, `changed` where another text was. */
export type Held = Omit<Approved, "text" | "bare"> & {
  readonly state: "pending" | "changed"
  readonly text: string
  readonly was: string | undefined
}

/** What approves, or takes an approval back: for each name in it, all texts that count as approved. */
export type PinChange = { readonly before: readonly Approved[]; readonly after: readonly Approved[] }

/** What became of a service's definitions, newest last. */
export type PinEvent = {
  readonly atMs: number
  /** `returned`: what was held back is as it was approved, or is gone. */
  readonly what: "held" | "returned" | "approved"
  /** Of all that it speaks of. */
  readonly digest: string
  readonly count: number
  /** The first of them: `tools/echo`. */
  readonly names: readonly string[]
}

/** All that is kept of one service. */
export type PinRecord = {
  readonly service: string
  readonly approved: readonly Approved[]
  /** Of which a list was given once: what is new in them later was not there at first. */
  readonly met: readonly PinKind[]
  readonly events: readonly PinEvent[]
}

/** How a service's pins are, for who looks after it. */
export type PinsShown = {
  readonly mode: PinMode
  readonly held: readonly Held[]
  /** Of all that is held back: who approves says what by it. Undefined where nothing is. */
  readonly digest: string | undefined
  /** What would approve all of it. */
  readonly approval: PinChange
  readonly events: readonly PinEvent[]
  /** Why what was approved earlier counts for nothing. */
  readonly fault: string | undefined
}

/** Keeps approvals, each service's apart. */
export interface PinStore {
  /** @throws GatewayError `invalid` where what is kept cannot be trusted: nothing of the service is approved then */
  load(service: string): Promise<PinRecord | undefined>
  /** On the disk when it resolves. @throws GatewayError `invalid` */
  save(record: PinRecord): Promise<void>
  remove(service: string): Promise<void>
}

export function digestOfText(text: string): string {
  return hash("sha256", text)
}

/** Of some definitions of one service, all together. */
export function digestOfAll(
  service: string,
  definitions: readonly Pick<Approved, "kind" | "name" | "digest">[],
): string | undefined {
  if (definitions.length === 0) return undefined
  const each = definitions.map(({ kind, name, digest }) => JSON.stringify([kind, name, digest])).sort()
  return digestOfText(JSON.stringify([service, each]))
}

const maxNameShown = 100

/** `tools/echo`, for messages. */
export function shortName({ kind, name }: Pick<Approved, "kind" | "name">): string {
  return kind === "instructions" ? kind : `${kind}/${visibleLine(name).slice(0, maxNameShown)}`
}

export function noPins(service: string): PinRecord {
  return { service, approved: [], met: [], events: [] }
}
