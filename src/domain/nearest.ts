/** The word someone probably meant: for refusals of names that do not exist. */

/** Of the letters of the longer word, this part may be others. */
const mostChanged = 0.4

/** The known word that takes the fewest single-letter changes, the first of several; undefined where none is near. */
export function findNearest(word: string, known: readonly string[]): string | undefined {
  const lowered = word.slice(0, 64).toLowerCase()
  const ranked = known.map((candidate) => ({ candidate, changes: countChanges(lowered, candidate.toLowerCase()) }))
  const near = ranked.filter(
    ({ candidate, changes }) => changes <= Math.max(1, mostChanged * Math.max(lowered.length, candidate.length)),
  )
  return near.sort((a, b) => a.changes - b.changes)[0]?.candidate
}

/** Levenshtein's distance, a row at a time. */
function countChanges(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [index, letter] of from.split("").entries()) {
    const row = [index + 1]
    for (let at = 0; at < to.length; at++) {
      const replaced = (above[at] ?? 0) + (letter === to[at] ? 0 : 1)
      row.push(Math.min(replaced, (above[at + 1] ?? 0) + 1, (row[at] ?? 0) + 1))
    }
    above = row
  }
  return above.at(-1) ?? 0
}
