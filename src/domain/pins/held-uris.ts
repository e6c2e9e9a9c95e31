/**
 * URIs and templates that are held back, to be found by any URI that a service may take for one of them. Rather too much
 * is found than too little: letters of either case are one, and a held template's expressions stand for any text.
 */

import { canonicalUri, type CanonicalUri } from "./canonical-uri.ts"

export class HeldUris {
  /** What each asks for, by the place that it is at. */
  readonly #resources = new Map<string, CanonicalUri["asked"][]>()
  /** What stands between the expressions of each. */
  readonly #templates: readonly (readonly string[])[]

  constructor(resources: readonly string[], templates: readonly string[]) {
    for (const { places, asked } of resources.map(canonicalUri))
      for (const place of places) {
        const known = this.#resources.get(place)
        if (known) known.push(asked)
        else this.#resources.set(place, [asked])
      }
    this.#templates = templates.flatMap((template) =>
      Array.from(canonicalUri(withHoles(template)).places, (place) => place.split(hole)),
    )
  }

  /** With whatever else is asked for there: many services do not look at it. */
  hasResource(uri: string): boolean {
    const { places, asked } = canonicalUri(uri)
    const held = [...places].flatMap((place) => this.#resources.get(place) ?? [])
    return held.some((needed) => [...needed].every((member) => asked.has(member)))
  }

  hasTemplateFor(uri: string): boolean {
    if (this.#templates.length === 0) return false
    const places = [...canonicalUri(uri).places].flatMap((place) => [place, `${place}/`])
    return this.#templates.some((literals) => places.some((place) => fits(literals, place)))
  }
}

/** Of the private use area: no URI that a service lists has it, and no form changes it. */
const hole = "\ue000"

/** What is asked for is not compared with templates, so what only adds to that is left out. */
function withHoles(template: string): string {
  return template.replaceAll(/\{[?&#][^{}]*\}/g, "").replaceAll(/:?\{[^{}]*\}/g, hole)
}

/** Linear in the text: the first place that fits each literal leaves most to the next. */
function fits(literals: readonly string[], text: string): boolean {
  const [first = "", ...rest] = literals
  const last = rest.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const literal of rest) {
    const found = text.indexOf(literal, at)
    if (found < 0) return false
    at = found + literal.length
  }
  return text.length - last.length >= at && text.endsWith(last)
}
