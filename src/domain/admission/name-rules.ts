/**
 * Names that people and models take for other names: those of the gateway's operations, of other services, of the
 * service's own other tools. What two names have in common: lookalikes.ts.
 */

import { sharedName } from "../naming.ts"
import { nameOf, type Definitions } from "./definition-texts.ts"
import { found, type Finding } from "./finding.ts"
import type { KnownNames } from "./known-names.ts"
import { isForeignLikeness, looksLatin, mixesScripts, skeletonOf } from "./lookalikes.ts"
import { escapeForeign } from "./shown-excerpt.ts"

/** @yields what is found, name by name */
export function* findNameTrouble(definitions: Definitions, names: KnownNames): Generator<readonly Finding[]> {
  const { service, items } = definitions
  const twin = names.bySkeleton.services.get(skeletonOf(service))
  if (twin !== undefined && twin !== service) yield [found("similar_service", "service", `${service}, ${twin}`)]
  for (const kind of ["tools", "prompts"] as const) {
    const own = new Map<string, string>()
    for (const item of items[kind]) {
      const name = nameOf(kind, item)
      const where = `${kind}/${name}`
      if (name !== "") yield [...findTwin(own, where, name), ...findOne(definitions, names, where, name)]
    }
  }
}

/** @param own the service's other names, by what they look like */
function findTwin(own: Map<string, string>, where: string, name: string): readonly Finding[] {
  const skeleton = skeletonOf(name)
  const twin = own.get(skeleton)
  if (twin === undefined) own.set(skeleton, name)
  return twin === undefined || twin === name ? [] : [likeness(name, twin, where, "similar_name")]
}

/** @param otherwise what it is where both are written in plain letters */
function likeness(
  name: string,
  twin: string,
  where: string,
  otherwise: "similar_name" | "reserved_name",
): Finding {
  const id = isForeignLikeness(name, twin) ? "lookalike_name" : otherwise
  return found(id, escapeForeign(where), `${escapeForeign(name)}, ${escapeForeign(twin)}`)
}

function findOne(
  { service, prefix }: Definitions,
  names: KnownNames,
  where: string,
  name: string,
): readonly Finding[] {
  const skeleton = skeletonOf(name)
  const findings = scriptsOf(where, name)
  const operation = names.bySkeleton.operations.get(skeleton)
  if (operation !== undefined)
    findings.push(
      prefix
        ? likeness(name, operation, where, "reserved_name")
        : found("takes_operation_name", escapeForeign(where), escapeForeign(name)),
    )
  const listed = prefix ? sharedName(service, name) : name
  const elsewhere =
    names.bySkeleton.listed.get(skeletonOf(listed)) ??
    names.bySkeleton.listed.get(skeletonOf(`${service}__${name}`))
  const owner = names.owners.get(name)
  if (elsewhere !== undefined)
    findings.push(found("similar_name_elsewhere", escapeForeign(where), `${escapeForeign(listed)}, ${elsewhere}`))
  else if (owner !== undefined) findings.push(found("same_name_elsewhere", where, `${name}, ${owner}`))
  return findings
}

function scriptsOf(where: string, name: string): Finding[] {
  const at = escapeForeign(where)
  if (mixesScripts(name)) return [found("mixed_script", at, escapeForeign(name))]
  if (looksLatin(name)) return [found("latin_lookalikes", at, escapeForeign(name))]
  return /^[A-Za-z0-9_./-]{1,128}$/.test(name) ? [] : [found("unusual_name", at, escapeForeign(name))]
}
