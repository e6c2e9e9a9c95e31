/** The names that are taken beside those of the service that is looked at, made ready to be compared. */

import type { Offer } from "../catalog.ts"
import { sharedName } from "../naming.ts"
import { skeletonOf } from "./lookalikes.ts"

/** Every operation of the gateway, and those among them that change something. */
export type OperationNames = { readonly operations: readonly string[]; readonly changing: ReadonlySet<string> }

/** What else there is. */
export type Surroundings = OperationNames & {
  readonly others: readonly OtherService[]
}

export type OtherService = {
  readonly service: string
  readonly prefix: boolean
  /** Of tools and prompts, as the service's file has them shown. */
  readonly names: readonly string[]
}

export function namesOf({ service, prefix, items: { tools, prompts } }: Offer): OtherService {
  return { service, prefix, names: [...tools, ...prompts].map(({ shownName }) => shownName) }
}

export type KnownNames = {
  readonly known: Surroundings
  readonly bySkeleton: {
    readonly operations: ReadonlyMap<string, string>
    readonly services: ReadonlyMap<string, string>
    /** As the list of all has them. */
    readonly listed: ReadonlyMap<string, string>
  }
  readonly canonical: ReadonlySet<string>
  /** A name -> one service that has it. */
  readonly owners: ReadonlyMap<string, string>
}

export function compileNames(known: Surroundings): KnownNames {
  const listed = known.others.flatMap(({ service, prefix, names }) =>
    names.map((name) => (prefix ? sharedName(service, name) : name)),
  )
  return {
    known,
    bySkeleton: {
      operations: skeletons(known.operations),
      services: skeletons(known.others.map(({ service }) => service)),
      listed: skeletons(listed),
    },
    canonical: new Set(listed.filter((name) => name.includes("__"))),
    owners: new Map(known.others.flatMap(({ service, names }) => names.map((name) => [name, service] as const))),
  }
}

function skeletons(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [skeletonOf(name), name]))
}
