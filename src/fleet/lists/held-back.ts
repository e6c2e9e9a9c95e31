/** What is held back of a service, as others are told of it: its offer, its issue, the log. */

import { itemKinds, type Offer } from "../../domain/catalog.ts"
import { resourceName, sharedName } from "../../domain/naming.ts"
import { shortName, type Held, type PinEvent, type PinKind, type PinsShown } from "../../domain/pins/pin.ts"
import type { ServiceDefinition } from "../../domain/service.ts"
import type { FleetContext } from "../context.ts"
import type { Fault } from "./lists.ts"
import { compileToolRules } from "./tool-rules.ts"

/** By the names that grants speak of. */
export function heldNames(
  { name: service, tools }: ServiceDefinition,
  held: readonly Held[],
): NonNullable<Offer["held"]> {
  const rules = compileToolRules(tools)
  const nameOf = ({ kind, name }: Held): string => {
    if (kind === "tools") return sharedName(service, rules.rename(name))
    return kind === "prompts" ? sharedName(service, name) : resourceName(service, name)
  }
  const of = (wanted: PinKind): string[] => held.filter(({ kind }) => kind === wanted).map(nameOf)
  return Object.fromEntries(itemKinds.map((kind) => [kind, of(kind)])) as unknown as NonNullable<Offer["held"]>
}

const maxNames = 10

/** One issue for all that is held back of a service. */
export function saysHeld(service: string, { held, fault }: PinsShown): readonly Fault[] {
  if (held.length === 0) return []
  const changed = held.filter(({ state }) => state === "changed")
  const pending = held.filter(({ state }) => state === "pending")
  const parts = [
    ...(fault === undefined ? [] : [fault]),
    ...(changed.length === 0 ? [] : [`Held back because it is not as it was approved: ${listNames(changed)}.`]),
    ...(pending.length === 0 ? [] : [`Held back because nobody approved it: ${listNames(pending)}.`]),
    "list_held_items shows the texts, inspect_service what is odd about them; approve_tools approves them.",
  ]
  const next = { operation: "approve_tools", arguments: { name: service } }
  return [{ subject: "definitions", message: parts.join(" "), next }]
}

function listNames(held: readonly Held[]): string {
  const names = held.slice(0, maxNames).map(shortName)
  const rest = held.length - names.length
  return `${names.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`
}

const sentences: Readonly<Record<PinEvent["what"], string>> = {
  held: "definitions of a service are held back until they are approved",
  returned: "definitions of a service are again as they were approved",
  approved: "definitions of a service were approved",
}

export function logPinEvent(log: FleetContext["log"], service: string, event: PinEvent): void {
  const { what, count, names, digest } = event
  const facts = { service, count, names, digest }
  if (what === "held") log.warn(facts, sentences[what])
  else log.info(facts, sentences[what])
}
