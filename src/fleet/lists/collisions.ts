/** Names that two services want in the list of all: one has it, the other should hear of it. */

import type { Offer } from "../../domain/catalog.ts"
import { sharedName } from "../../domain/naming.ts"
import type { Fault } from "./lists.ts"

/** @returns by service, what of it another one hides */
export function findCollisions(offers: readonly Offer[]): ReadonlyMap<string, readonly Fault[]> {
  const faults = new Map<string, Fault[]>()
  for (const kind of ["tools", "prompts"] as const) {
    const owners = new Map<string, string>()
    for (const { service, prefix, items } of offers.toSorted(byPrecedence)) {
      for (const { name, shownName } of items[kind]) {
        const listed = prefix ? sharedName(service, shownName) : shownName
        const owner = owners.get(listed)
        if (owner === undefined) owners.set(listed, service)
        else if (owner !== service) add(faults, service, { subject: name, message: hidden(listed, owner) })
      }
    }
  }
  return faults
}

/** As the catalog decides: a name with its service's prefix is that service's own. */
function byPrecedence(a: Offer, b: Offer): number {
  return Number(b.prefix) - Number(a.prefix) || (a.service < b.service ? -1 : 1)
}

function hidden(listed: string, owner: string): string {
  return `Hidden in the list of all: ${listed} is there from ${owner}. Give one of them a prefix or another name.`
}

function add(faults: Map<string, Fault[]>, service: string, fault: Fault): void {
  const known = faults.get(service)
  if (known) known.push(fault)
  else faults.set(service, [fault])
}
