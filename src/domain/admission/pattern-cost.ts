/** Whether a pattern repeats what repeats itself, which can keep an engine that backtracks busy for ever. Only read. */

const repeats = new Set(["*", "+", "{"])

export function isCostlyPattern(pattern: string): boolean {
  const groups: { repeats: boolean }[] = [{ repeats: false }]
  let closed = false
  for (let at = 0; at < pattern.length; at += 1) {
    const sign = pattern[at] ?? ""
    if (repeats.has(sign)) {
      if (closed) return true
      for (const group of groups) group.repeats = true
    }
    if (sign === "(") groups.push({ repeats: false })
    closed = sign === ")" && groups.length > 1 && groups.pop()?.repeats === true
    if (sign === "\\") at += 1
    if (sign === "[") at = endOfClass(pattern, at)
  }
  return false
}

function endOfClass(pattern: string, start: number): number {
  for (let at = start + 1; at < pattern.length; at += 1) {
    if (pattern[at] === "\\") at += 1
    else if (pattern[at] === "]" && at > start + 1) return at
  }
  return pattern.length
}
