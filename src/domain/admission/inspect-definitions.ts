/**
 * Looks at all that a service says of itself, before a model sees it. Whether it is served is decided elsewhere: what
 * is high holds it, and a service that nobody knows waits for approval whatever is found.
 */

import { setImmediate as turn } from "node:timers/promises"
import { partsOf, textsOf, type Definitions, type Text } from "./definition-texts.ts"
import { found, type Finding } from "./finding.ts"
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
/** Of one item, and of its JSON text: an item is taken apart in one piece. */
const hugeItem = 1_024 * 1_024
/** Characters of all texts that are looked at. */
const mostInAll = 8 * 1_024 * 1_024
/** Characters and pieces that are looked at before others get their turn: about 5 ms. */
const inOneTurn = 16 * 1_024
const piecesInOneTurn = 100
/** Kept of each severity. All texts are looked at even so: what is lesser and comes first must not hide what is grave. */
const mostOfEach = 300
/** What a part and a text cost at least, however little they say. */
const leastOfPart = 64
const leastOfText = 8

/** @returns the gravest first */
export async function inspectDefinitions(
  definitions: Definitions,
  surroundings: Surroundings,
): Promise<readonly Finding[]> {
  const findings = { high: [] as Finding[], medium: [] as Finding[], low: [] as Finding[] }
  let looked = 0
  let inTurn = 0
  for (const { where, size, found } of inspectEach(definitions, compileNames(surroundings))) {
    looked += size
    for (const finding of looked > mostInAll ? [tooMuch(where, looked)] : found) {
      const alike = findings[finding.severity]
      if (alike.length < mostOfEach) alike.push(finding)
    }
    if (looked > mostInAll) break
    inTurn += size + inOneTurn / piecesInOneTurn
    if (inTurn > inOneTurn) {
      await turn()
      inTurn = 0
    }
  }
  return [...findings.high, ...findings.medium, ...findings.low]
}

/** Whether the definitions must wait for somebody who looks at them. */
export function holds({ findings }: { readonly findings: readonly Pick<Finding, "severity">[] }): boolean {
  return findings.some(({ severity }) => severity === "high")
}

type Inspected = { readonly where: string; readonly size: number; readonly found: readonly Finding[] }

/** @yields piece by piece, so that others get their turn between */
function* inspectEach(definitions: Definitions, names: KnownNames): Generator<Inspected> {
  for (const inName of findNameTrouble(definitions, names))
    yield { where: "names", size: leastOfText, found: inName }
  for (const part of partsOf(definitions)) {
    const { where, bytes } = part
    if (bytes > hugeItem) {
      yield { where, size: leastOfPart, found: [found("huge_text", where, `${bytes} bytes`)] }
      continue
    }
    const value = part.read()
    yield { where, size: leastOfPart, found: findShapeTrouble(part, value) }
    for (const text of textsOf(part, value)) {
      const size = leastOfText + Math.min(text.text.length, hugeText)
      yield { where, size, found: inspectText(text, names) }
    }
  }
}

function tooMuch(where: string, looked: number): Finding {
  return found("too_much_text", where, `${looked} characters`)
}

/** The type of a parameter and the like: too short to ask for anything. */
const short = /^[A-Za-z0-9 _-]{0,12}$/
/** Within an icon, and no text. */
const picture = /^data:image\/[a-z.+-]{1,20};base64,[A-Za-z0-9+/]*={0,2}$/

function inspectText({ text: whole, where, role }: Text, names: KnownNames): readonly Finding[] {
  if (short.test(whole) || picture.test(whole)) return []
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
