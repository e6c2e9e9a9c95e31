/** What is held back of a service, as others are told of it: its offer, its issue, the log. */

import { canonicalNameOf, type ItemKind, type Offer } from "../../domain/catalog.ts"
import { shortName, type Held, type PinEvent, type PinsShown } from "../../domain/pins/pin.ts"
import type { ServiceDefinition } from "../../domain/services/service.ts"
import type { FleetContext } from "../context.ts"
import type { Fault } from "./lists.ts"
import { compileToolRules } from "./tool-rules.ts"

/** By the names that grants speak of, but for those that an approved item of the same name keeps. */
export function heldNames(
  { tools }: Pick<ServiceDefinition, "tools">,
  { service, items }: Offer,
  held: readonly Held[],
): NonNullable<Offer["held"]> {
  const rules = compileToolRules(tools)
  const of = (kind: ItemKind): string[] => {
    const kept = new Set(items[kind].map(({ shownName }) => canonicalNameOf(service, kind, shownName)))
    return held
      .filter((one) => one.kind === kind)
      .map(({ name }) => canonicalNameOf(service, kind, kind === "tools" ? rules.rename(name) : name))
      .filter((name) => !kept.has(name))
  }
  return { tools: of("tools"), prompts: of("prompts"), resources: of("resources"), templates: of("templates") }
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
