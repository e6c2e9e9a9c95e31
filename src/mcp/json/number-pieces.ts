/** The grammar of a number, byte by byte: where in it one stands, and where that leads. For text that comes in pieces. */

import { byte, isDigit } from "./json-scanner.ts"

/** Those from `zero` on may be its end. */
const place = { minus: 0, dot: 1, e: 2, sign: 3, zero: 4, integer: 5, fraction: 6, exponent: 7 } as const

export type NumberPlace = (typeof place)[keyof typeof place]

const upperE = 0x45

/** Undefined where no number begins so. */
export function beginsNumber(first: number): NumberPlace | undefined {
  if (first === byte.minus) return place.minus
  return isDigit(first) ? afterFirst(first) : undefined
}

export function endsNumber(at: NumberPlace): boolean {
  return at >= place.zero
}

/** Undefined where the byte is not part of the number. */
export function inNumber(at: NumberPlace, next: number): NumberPlace | undefined {
  if (isDigit(next)) return afterDigit(at, next)
  if (next === byte.dot) return at === place.zero || at === place.integer ? place.dot : undefined
  if (next === byte.e || next === upperE) return at >= place.zero && at < place.exponent ? place.e : undefined
  return at === place.e && (next === byte.plus || next === byte.minus) ? place.sign : undefined
}

function afterDigit(at: NumberPlace, digit: number): NumberPlace | undefined {
  if (at === place.minus) return afterFirst(digit)
  if (at === place.dot) return place.fraction
  if (at === place.e || at === place.sign) return place.exponent
  return at === place.zero ? undefined : at
}

function afterFirst(digit: number): NumberPlace {
  return digit === byte.zero ? place.zero : place.integer
}
