/** What is found in definitions that wait for approval, for whoever decides on them. What is looked for: docs/admission.md. */

import type { Finding } from "../../domain/admission/finding.ts"
import { inspectDefinitions } from "../../domain/admission/inspect-definitions.ts"
import type { ItemKind } from "../../domain/catalog.ts"
import type { Held } from "../../domain/pins/pin.ts"
import { toRawObject, type RawObject } from "../../mcp/raw-json.ts"

/** Names are compared by inspect_service, which looks at the service as a whole. */
const nobodyElse = { operations: [], changing: new Set<string>(), others: [] }
const maxNotes = 20

/** @returns one line for each finding of some weight, the gravest first */
export async function notesOnHeld(service: string, held: readonly Held[]): Promise<readonly string[]> {
  const itemsOf = (wanted: ItemKind): RawObject[] =>
    held.flatMap(({ kind, text }) => (kind === wanted ? [toRawObject(JSON.parse(text) as object)] : []))
  const instructions = held.find(({ kind }) => kind === "instructions")
  const findings = await inspectDefinitions(
    {
      service,
      prefix: true,
      capabilities: {},
      info: undefined,
      instructions: instructions && (JSON.parse(instructions.text) as string),
      items: {
        tools: itemsOf("tools"),
        prompts: itemsOf("prompts"),
        resources: itemsOf("resources"),
        templates: itemsOf("templates"),
      },
    },
    nobodyElse,
  )
  const grave = findings.filter(({ severity }) => severity !== "low").map(sayFinding)
  return grave.length > maxNotes ? [...grave.slice(0, maxNotes), `and ${grave.length - maxNotes} more`] : grave
}

function sayFinding({ id, severity, where, excerpt }: Finding): string {
  return `${severity} ${id} in ${where}: ${excerpt}`
}
