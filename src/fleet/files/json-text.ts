/**
 * JSON as people write it into files: a mistake is found by line and column, and what two readers would read
 * differently (a key that comes twice, `__proto__`) is one. What stands there is never repeated: it may be a secret.
 */

import { GatewayError } from "../../errors.ts"

const maxDepth = 64

const space = /[ \t\r\n]*/y
/** Between the quotes: everything from the space on but `"` and `\`, and escapes. */
const string = /"(?:[ -!#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** @throws GatewayError `invalid`: `line:column` and what was expected there */
export function parseJsonText(text: string): unknown {
  const end = skipSpace(text, skipValue(text, skipSpace(text, 0), 0))
  if (end < text.length) throw mistake(text, end, "nothing more was expected")
  return JSON.parse(text)
}

/** From the first character of a value to past its last. */
function skipValue(text: string, start: number, depth: number): number {
  if (depth > maxDepth) throw mistake(text, start, `it is nested deeper than ${maxDepth} levels`)
  if (text[start] === "{") return skipMembers(text, start, depth)
  if (text[start] === "[") return skipItems(text, start, depth)
  if (text[start] === '"') return skipString(text, start)
  return skip(scalar, text, start) ?? fail(text, start, "a value was expected")
}

function skipItems(text: string, start: number, depth: number): number {
  let at = skipSpace(text, start + 1)
  if (text[at] === "]") return at + 1
  for (;;) {
    at = skipSpace(text, skipValue(text, at, depth + 1))
    if (text[at] === "]") return at + 1
    if (text[at] !== ",") throw mistake(text, at, '"," or "]" was expected')
    at = skipSpace(text, at + 1)
  }
}

function skipMembers(text: string, start: number, depth: number): number {
  const keys = new Set<unknown>(["__proto__"])
  let at = skipSpace(text, start + 1)
  if (text[at] === "}") return at + 1
  for (;;) {
    at = skipSpace(text, skipKey(text, at, keys))
    if (text[at] !== ":") throw mistake(text, at, '":" was expected')
    at = skipSpace(text, skipValue(text, skipSpace(text, at + 1), depth + 1))
    if (text[at] === "}") return at + 1
    if (text[at] !== ",") throw mistake(text, at, '"," or "}" was expected')
    at = skipSpace(text, at + 1)
  }
}

function skipKey(text: string, start: number, keys: Set<unknown>): number {
  if (text[start] !== '"') throw mistake(text, start, "a name in double quotes was expected")
  const end = skipString(text, start)
  const key: unknown = JSON.parse(text.slice(start, end))
  if (keys.has(key)) throw mistake(text, start, "this name stands here twice, or may not be used")
  keys.add(key)
  return end
}

function skipString(text: string, start: number): number {
  return (
    skip(string, text, start) ?? fail(text, start, "this text is not closed, or holds a character it may not hold")
  )
}

function skipSpace(text: string, start: number): number {
  return skip(space, text, start) ?? start
}

function skip(token: RegExp, text: string, start: number): number | undefined {
  token.lastIndex = start
  return token.test(text) ? token.lastIndex : undefined
}

function fail(text: string, at: number, what: string): never {
  throw mistake(text, at, what)
}

function mistake(text: string, at: number, what: string): GatewayError {
  const before = text.slice(0, at).split("\n")
  const where = `${before.length}:${(before.at(-1) ?? "").length + 1}`
  const ending = at >= text.length ? ", and the file ends there" : ""
  return new GatewayError("invalid", `Not valid JSON at ${where}: ${what}${ending}.`)
}
