/**
 * The grammar of json-scanner.ts for text that comes in pieces: each piece is walked once as it comes, and nothing of it
 * is kept. What is told on the way is where the members of the object in the outermost object begin and end, which is
 * what large-result.ts needs of a message.
 *
 * It refuses what the one-shot reader refuses, but at once: there is no id to look for any more.
 */

import { ProtocolError } from "../protocol-error.ts"
import { byte, escapes, isHexDigit, plain, toClosing } from "./json-scanner.ts"
import { beginsNumber, endsNumber, inNumber, type NumberPlace } from "./number-pieces.ts"
import { Utf8Pieces } from "./utf8-pieces.ts"

export type PiecesListener = {
  /** A value begins at `at` of this piece, two containers deep. */
  begins(at: number): void
  /** It has ended before `at`, which may be the first of a piece. */
  ends(at: number): void
}

/** What may come next; those from `inString` on are in the middle of a token. */
const expect = {
  value: 0,
  valueOrEnd: 1,
  key: 2,
  keyOrEnd: 3,
  colon: 4,
  next: 5,
  nothing: 6,
  inString: 7,
  inEscape: 8,
  inHex: 9,
  inWord: 10,
  inNumber: 11,
} as const

type Expected = (typeof expect)[keyof typeof expect]

const hexDigits = 4
const toldDepth = 2

export class JsonPieces {
  readonly #listener: PiecesListener
  readonly #maxDepth: number
  readonly #utf8 = new Utf8Pieces()
  /** The opening byte of each container that stands open. */
  readonly #opened: Uint8Array
  #level = 0
  #expected: Expected = expect.value
  #isKey = false
  /** Hexadecimal digits, or letters of a word, that were passed. */
  #passed = 0
  #word = ""
  #number: NumberPlace = 0

  constructor(listener: PiecesListener, maxDepth: number) {
    this.#listener = listener
    this.#maxDepth = maxDepth
    this.#opened = new Uint8Array(maxDepth + 1)
  }

  /** @throws ProtocolError `parse_error`, or `invalid_request` for what is nested too deeply */
  push(piece: Buffer): void {
    if (!this.#utf8.takes(piece)) throw notUtf8()
    let at = 0
    while (at < piece.length) at = this.#step(piece, at)
  }

  /** @throws ProtocolError `parse_error` where the text is not whole */
  end(): void {
    if (this.#expected === expect.inNumber && endsNumber(this.#number)) this.#endValue(0)
    if (!this.#utf8.isWhole) throw notUtf8()
    if (this.#expected !== expect.nothing) throw unexpected("the rest of the text where it ends")
  }

  #step(piece: Buffer, at: number): number {
    const expected = this.#expected
    const next = piece[at] as number
    if (expected === expect.inString) return this.#string(piece, at)
    if (expected < expect.inString) return isSpace(next) ? at + 1 : this.#token(next, at)
    if (expected === expect.inNumber) return this.#digits(piece, at)
    if (expected === expect.inEscape) return this.#escape(next, at)
    return expected === expect.inHex ? this.#hex(next, at) : this.#letter(next, at)
  }

  #token(first: number, at: number): number {
    const expected = this.#expected
    if (expected === expect.value) return this.#value(first, at)
    if (expected === expect.next) return this.#next(first, at)
    if (expected === expect.colon) return this.#colon(first, at)
    if (expected === expect.key) return this.#key(first, at)
    if (expected === expect.valueOrEnd)
      return first === byte.closeBracket ? this.#close(at) : this.#value(first, at)
    if (expected === expect.keyOrEnd) return first === byte.closeBrace ? this.#close(at) : this.#key(first, at)
    throw unexpected("the end of the text")
  }

  #colon(first: number, at: number): number {
    if (first !== byte.colon) throw unexpected("a colon")
    this.#expected = expect.value
    return at + 1
  }

  #next(first: number, at: number): number {
    const opening = this.#opened[this.#level] as number
    if (first === opening + toClosing) return this.#close(at)
    if (first !== byte.comma) throw unexpected("a comma or the end of what stands open")
    this.#expected = opening === byte.openBrace ? expect.key : expect.value
    return at + 1
  }

  #key(first: number, at: number): number {
    if (first !== byte.quote) throw unexpected("a string")
    this.#isKey = true
    this.#expected = expect.inString
    return at + 1
  }

  #value(first: number, at: number): number {
    if (this.#level === toldDepth) this.#listener.begins(at)
    if (first === byte.openBrace || first === byte.openBracket) return this.#open(first, at)
    if (first === byte.quote) {
      this.#isKey = false
      this.#expected = expect.inString
      return at + 1
    }
    const word = words.get(first)
    if (word === undefined) return this.#beginNumber(first, at)
    this.#word = word
    this.#passed = 1
    this.#expected = expect.inWord
    return at + 1
  }

  #open(first: number, at: number): number {
    if (this.#level === this.#maxDepth) throw tooDeep(this.#maxDepth)
    this.#opened[++this.#level] = first
    this.#expected = first === byte.openBrace ? expect.keyOrEnd : expect.valueOrEnd
    return at + 1
  }

  #close(at: number): number {
    this.#level -= 1
    this.#endValue(at + 1)
    return at + 1
  }

  #endValue(at: number): void {
    this.#expected = this.#level === 0 ? expect.nothing : expect.next
    if (this.#level === toldDepth) this.#listener.ends(at)
  }

  /** Where most of the time goes. */
  #string(piece: Buffer, start: number): number {
    const end = piece.length
    let at = start
    while (at < end && plain[piece[at] as number] === 1) at++
    if (at === end) return at
    const last = piece[at]
    if (last === byte.backslash) this.#expected = expect.inEscape
    else if (last !== byte.quote) throw unexpected("the rest of a string without control characters")
    else if (this.#isKey) this.#expected = expect.colon
    else this.#endValue(at + 1)
    return at + 1
  }

  #escape(escape: number, at: number): number {
    if (escapes[escape] === 1) {
      this.#expected = expect.inString
      return at + 1
    }
    if (escape !== byte.u) throw unexpected("the rest of an escape")
    this.#passed = 0
    this.#expected = expect.inHex
    return at + 1
  }

  #hex(digit: number, at: number): number {
    if (!isHexDigit(digit)) throw unexpected("four hexadecimal digits")
    if (++this.#passed === hexDigits) this.#expected = expect.inString
    return at + 1
  }

  #letter(letter: number, at: number): number {
    if (letter !== this.#word.charCodeAt(this.#passed)) throw unexpected("a value")
    if (++this.#passed === this.#word.length) this.#endValue(at + 1)
    return at + 1
  }

  #beginNumber(first: number, at: number): number {
    const begun = beginsNumber(first)
    if (begun === undefined) throw unexpected("a value")
    this.#number = begun
    this.#expected = expect.inNumber
    return at + 1
  }

  #digits(piece: Buffer, start: number): number {
    let at = start
    for (; at < piece.length; at++) {
      const next = inNumber(this.#number, piece[at] as number)
      if (next === undefined) break
      this.#number = next
    }
    if (at === piece.length) return at
    if (!endsNumber(this.#number)) throw unexpected("a digit")
    this.#endValue(at)
    return at
  }
}

const words: ReadonlyMap<number, string> = new Map([
  [0x74, "true"],
  [0x66, "false"],
  [0x6e, "null"],
])

function isSpace(value: number): boolean {
  return value === 0x20 || value === 0x0a || value === 0x0d || value === 0x09
}

/** Says nothing of what stands there: a message may hold secrets. */
function unexpected(wanted: string): ProtocolError {
  return new ProtocolError("parse_error", `Not valid JSON: expected ${wanted}.`)
}

function notUtf8(): ProtocolError {
  return new ProtocolError("parse_error", "Not valid JSON: the text is not UTF-8.")
}

function tooDeep(maxDepth: number): ProtocolError {
  return new ProtocolError(
    "invalid_request",
    `The JSON is nested deeper than ${maxDepth} levels; make it flatter.`,
  )
}
