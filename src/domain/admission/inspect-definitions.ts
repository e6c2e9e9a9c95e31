/**
 * Looks at all that a service says of itself, before a model sees it. Whether it is served is decided elsewhere: what
 * is high holds it, and a service that nobody knows waits for approval whatever is found.
 */

import { setImmediate as turn } from "node:timers/promises"
import { partsOf, textsOf, type Definitions, type Part, type Text } from "./definition-texts.ts"
import { byGravity, found, type Finding } from "./finding.ts"
import { compileNames, type KnownNames, type Surroundings } from "./known-names.ts"
import { findMixedWord, foldText } from "./lookalikes.ts"
import { findNamedTools } from "./named-tools.ts"
import { findNameTrouble } from "./name-rules.ts"
import { findOddCharacters } from "./odd-characters.ts"
import { plainWords } from "./plain-words.ts"
import { findShapeTrouble } from "./schema-rules.ts"
import { escapeForeign } from "./shown-excerpt.ts"
import { findForms } from "./text-forms.ts"
import { findInstructions } from "./word-rules.ts"

/** Characters of one text. */
const longText = 8 * 1_024
const hugeText = 32 * 1_024
/** Characters of all texts that are looked at. */
const mostInAll = 4 * 1_024 * 1_024
/** Looked at before others get their turn. */
const inOneTurn = 16 * 1_024
/** Beyond these a service has enough against it. */
const mostFindings = 1_000

/** @returns the gravest first */
export async function inspectDefinitions(
  definitions: Definitions,
  surroundings: Surroundings,
): Promise<readonly Finding[]> {
  const names = compileNames(surroundings)
  const findings: Finding[] = [...findNameTrouble(definitions, names)]
  let looked = 0
  let turnEnds = inOneTurn
  for (const part of partsOf(definitions)) {
    const { size, found: inPart } = inspectPart(part, names)
    findings.push(...inPart)
    looked += size
    if (looked > mostInAll) findings.push(found("too_much_text", part.where, `${looked} characters`))
    if (looked > mostInAll || findings.length > mostFindings) break
    if (looked > turnEnds) {
      await turn()
      turnEnds = looked + inOneTurn
    }
  }
  return findings.sort(byGravity)
}

/** Whether the definitions must wait for somebody who looks at them. */
export function holds({ findings }: { readonly findings: readonly Pick<Finding, "severity">[] }): boolean {
  return findings.some(({ severity }) => severity === "high")
}

/** What a part costs at least, however little it says. */
const leastSize = 256

function inspectPart(
  part: Part,
  names: KnownNames,
): { readonly size: number; readonly found: readonly Finding[] } {
  const findings = [...findShapeTrouble(part)]
  let size = leastSize
  for (const text of textsOf(part)) {
    size += Math.min(text.text.length, hugeText)
    findings.push(...inspectText(text, names))
  }
  return { size, found: findings }
}

/** Within an icon, and no text. */
const picture = /^data:image\/[a-z.+-]{1,20};base64,[A-Za-z0-9+/]*={0,2}$/

function inspectText({ text: whole, where, role }: Text, names: KnownNames): readonly Finding[] {
  if (picture.test(whole)) return []
  const text = whole.slice(0, hugeText)
  const word = findMixedWord(text)
  // Of some letters come eighteen.
  const folded = foldText(text).slice(0, hugeText)
  return [
    ...sizesOf(where, whole),
    ...findOddCharacters({ where, text, role }),
    ...(word === undefined ? [] : [found("mixed_words", where, escapeForeign(word))]),
    ...findInstructions(where, plainWords(folded)),
    ...findForms(where, text, folded),
    ...findNamedTools(where, text, names),
  ]
}

function sizesOf(where: string, text: string): readonly Finding[] {
  if (text.length > hugeText) return [found("huge_text", where, `${text.length} characters`)]
  return text.length > longText ? [found("long_text", where, `${text.length} characters`)] : []
}
