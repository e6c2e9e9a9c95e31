/** Goes through a JSON text that is known to be valid, value by value. */

export type Reader = { readonly text: string; at: number }

/** The text of the value that begins here, of whatever depth. */
export function readRaw(reader: Reader): string {
  const start = reader.at
  let open = 0
  do {
    const next = reader.text[reader.at] ?? ""
    if (next === '"') reader.at = endOfString(reader.text, reader.at)
    else reader.at += 1
    if (next === "{" || next === "[") open += 1
    if (next === "}" || next === "]") open -= 1
  } while (reader.at < reader.text.length && (open > 0 || !isOver(reader, start)))
  return reader.text.slice(start, reader.at)
}

/** A string or a bracket is over by itself; a number or a name is where something else begins. */
function isOver({ text, at }: Reader, start: number): boolean {
  return '"{['.includes(text[start] ?? "") || ",:]} \t\r\n".includes(text[at] ?? "")
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end + 1
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === "\\") backslashes += 1
  return backslashes % 2 === 1
}

export function skipSpace(reader: Reader): void {
  while (" \t\r\n".includes(reader.text[reader.at] ?? "x")) reader.at += 1
}

/** Goes past the comma or the closing bracket. */
export function closes(reader: Reader, bracket: "}" | "]"): boolean {
  skipSpace(reader)
  const next = reader.text[reader.at]
  if (next === "," || next === bracket) reader.at += 1
  return next === bracket
}
