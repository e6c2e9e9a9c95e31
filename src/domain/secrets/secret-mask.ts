/**
 * Takes known secrets out of what is shown: out of texts, and out of JSON without parsing it. Whatever is not one of
 * them stays byte for byte. What is only known to look like a secret is left to audit/redaction.
 */

import { hidden } from "./placeholder.ts"
import { spellingsOf } from "./secret-spellings.ts"

/** Shorter values are too common to be taken for a secret. */
const minSecretLength = 6
/** A text with any other character stands in a JSON document only within a string. */
const outsideStrings = /^[-+.0-9eE,:[\]{}\strufalsn]*$/
/** A quote or a backslash that is no escape ends a string, or would begin an escape. */
const notInString = /^(?:[^"\\]|\\.)*"|^(?:[^\\]|\\.)*\\$/s
const backslash = 0x5c
const unicodeEscape = 0x75
/** Of `\u0041`, without the backslash. */
const longestEscape = 5
const mark = Buffer.from(hidden)

export class SecretMask {
  readonly #secrets = new Set<string>()
  #spellings: readonly string[] = []
  #needles: readonly Buffer[] = []

  /** Known from now on, and for good: who was told it may quote it after it was replaced. */
  add(secret: string): void {
    if (secret.length < minSecretLength || this.#secrets.has(secret)) return
    this.#secrets.add(secret)
    this.#spellings = [...new Set([...this.#spellings, ...spellingsOf(secret)])].sort(
      (one, other) => other.length - one.length,
    )
    this.#needles = this.#spellings.filter(isOfStrings).map((spelling) => Buffer.from(spelling))
  }

  get isEmpty(): boolean {
    return this.#secrets.size === 0
  }

  get secrets(): readonly string[] {
    return [...this.#secrets]
  }

  /** Of the longest that is looked for in JSON, in bytes. */
  get longestNeedle(): number {
    return this.#needles.reduce((longest, { length }) => Math.max(longest, length), 0)
  }

  text(text: string): string {
    return this.#spellings.reduce((shown, spelling) => shown.replaceAll(spelling, hidden), text)
  }

  /** @param json or a piece of it. @returns the very same where there is nothing to hide */
  json(json: Buffer): Buffer {
    return this.#needles.reduce(withoutNeedle, json)
  }
}

function isOfStrings(spelling: string): boolean {
  return !outsideStrings.test(spelling) && !notInString.test(spelling)
}

function withoutNeedle(json: Buffer, needle: Buffer): Buffer {
  let at = json.indexOf(needle)
  if (at < 0) return json
  const pieces: Buffer[] = []
  let from = 0
  for (; at >= 0; at = json.indexOf(needle, at)) {
    if (isWithinEscape(json, at)) {
      at += 1
      continue
    }
    pieces.push(json.subarray(from, at), mark)
    at += needle.length
    from = at
  }
  return from === 0 ? json : Buffer.concat([...pieces, json.subarray(from)])
}

/** Whether what stands here belongs to an escape that began before, as the `n` of `\n` does. */
function isWithinEscape(json: Buffer, at: number): boolean {
  for (let back = 1; back <= longestEscape && back <= at; back += 1) {
    if (json[at - back] !== backslash) continue
    const begins = backslashesBefore(json, at - back) % 2 === 0
    return begins && (back === 1 || json[at - back + 1] === unicodeEscape)
  }
  return false
}

function backslashesBefore(json: Buffer, at: number): number {
  let count = 0
  while (json[at - 1 - count] === backslash) count += 1
  return count
}
