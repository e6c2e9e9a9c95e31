/**
 * One text for all ways to write the same JSON value: white space, the order of members and the escapes of strings do not
 * count. Beyond that every character does. So it parts from RFC 8785 in two places where its texts would hide a change
 * from us that a client's reader sees: numbers keep their digits, and a member that comes twice is kept twice.
 *
 * @see RFC 8785 section 3.2
 */

/** @param json a JSON text that was read before: what is none is refused by nobody here */
export function canonicalText(json: string): string {
  return writeValue({ json, at: 0 })
}

/** The members of an object, each value in its canonical form; none of another value. */
export function canonicalMembers(json: string): readonly (readonly [string, string])[] {
  const reading = { json, at: 0 }
  return next(reading) === "{" ? readMembers(reading) : []
}

type Reading = { readonly json: string; at: number }

const blank = /[\t\n\r ]*/y
const plain = /[^\t\n\r ,\]}]+/y

function writeValue(reading: Reading): string {
  switch (next(reading)) {
    case "{":
      return `{${readMembers(reading)
        .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
        .map(([key, value]) => `${JSON.stringify(key)}:${value}`)
        .join(",")}}`
    case "[":
      return `[${readAll(reading, "]", () => writeValue(reading)).join(",")}]`
    case '"':
      return writeString(takeString(reading))
    default:
      return take(reading, plain)
  }
}

function readMembers(reading: Reading): (readonly [string, string])[] {
  return readAll(reading, "}", () => {
    const key = JSON.parse(takeString(reading)) as string
    step(reading) // the colon
    return [key, writeValue(reading)] as const
  })
}

function readAll<T>(reading: Reading, end: string, read: () => T): T[] {
  const all: T[] = []
  step(reading)
  while (next(reading) !== end && reading.at < reading.json.length) {
    all.push(read())
    if (next(reading) === ",") step(reading)
    next(reading)
  }
  step(reading)
  return all
}

function writeString(token: string): string {
  return token.includes("\\") ? JSON.stringify(JSON.parse(token)) : token
}

/** From one quote to the other: a pattern over a string of many megabytes would need as much room to go back. */
function takeString(reading: Reading): string {
  const { json, at } = reading
  let end = at
  do end = json.indexOf('"', end + 1)
  while (end > 0 && isEscaped(json, end))
  if (end < 0) end = json.length
  reading.at = end + 1
  return json.slice(at, end + 1)
}

function isEscaped(json: string, at: number): boolean {
  let before = at - 1
  while (json[before] === "\\") before--
  return (at - before) % 2 === 0
}

/** The character that comes next, white space aside. */
function next(reading: Reading): string {
  take(reading, blank)
  return reading.json.charAt(reading.at)
}

/** Past the character that was seen to be there. */
function step(reading: Reading): void {
  next(reading)
  reading.at++
}

function take(reading: Reading, token: RegExp): string {
  token.lastIndex = reading.at
  const [found = ""] = token.exec(reading.json) ?? []
  reading.at += found.length
  return found
}
