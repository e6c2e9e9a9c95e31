/**
 * Patterns over names: `*` stands for any run of characters, everything else for itself, upper and lower case apart,
 * from the first character to the last. What patterns are used for: permission.ts.
 */

/** Whether the pattern matches. Walks the text once, going back to the last `*` at most: no regular expression. */
export function matchesPattern(pattern: string, text: string): boolean {
  let at = 0
  let read = 0
  let star = -1
  let starRead = 0
  while (read < text.length) {
    if (pattern[at] === "*") {
      star = at++
      starRead = read
    } else if (pattern[at] === text[read]) {
      at++
      read++
    } else if (star >= 0) {
      at = star + 1
      read = ++starRead
    } else return false
  }
  while (pattern[at] === "*") at++
  return at === pattern.length
}

/**
 * Whether every name that `narrow` matches is one that `wide` matches. The text of `narrow` is matched as it stands,
 * so that a `*` in it can only be taken by a `*` of `wide`.
 */
export function coversPattern(wide: string, narrow: string): boolean {
  return matchesPattern(wide, narrow)
}

/** Whether some name is matched by both. Costs the product of the two lengths, so both must have a limit. */
export function overlapsPattern(left: string, right: string): boolean {
  // reaches[j]: what was read of `left` and the first j characters of `right` can match one and the same name
  let reaches = firstRow(right)
  for (let i = 0; i < left.length; i++) reaches = nextRow(reaches, left.charAt(i), right)
  return reaches[right.length] === true
}

function firstRow(right: string): readonly boolean[] {
  const row = [true]
  for (let j = 0; j < right.length; j++) row.push(row[j] === true && right[j] === "*")
  return row
}

function nextRow(above: readonly boolean[], char: string, right: string): readonly boolean[] {
  const row = [char === "*" && above[0] === true]
  for (let j = 0; j < right.length; j++) {
    const anyRun = char === "*" || right[j] === "*"
    row.push(anyRun ? above[j + 1] === true || row[j] === true : above[j] === true && char === right[j])
  }
  return row
}

/** Many patterns as one question, asked on every call: names first, then beginnings, then the rest. */
export function compilePatterns(patterns: readonly string[]): (name: string) => boolean {
  const names = new Set(patterns.filter((pattern) => !pattern.includes("*")))
  const open = patterns.filter((pattern) => pattern.includes("*"))
  const beginnings = open.filter(isBeginning).map((pattern) => pattern.slice(0, -1))
  const rest = open.filter((pattern) => !isBeginning(pattern))
  return (name) =>
    names.has(name) ||
    beginnings.some((beginning) => name.startsWith(beginning)) ||
    rest.some((pattern) => matchesPattern(pattern, name))
}

function isBeginning(pattern: string): boolean {
  return pattern.indexOf("*") === pattern.length - 1
}
