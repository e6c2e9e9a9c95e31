/**
 * Which lines of one text have to go and which have to come for it to become another: Myers' shortest edit, within
 * bounds. What a person or a tool is shown of it: unified-diff.ts.
 *
 * @see E. W. Myers, An O(ND) Difference Algorithm and Its Variations, 1986
 */

export type LineEdit = { readonly kind: "same" | "gone" | "new"; readonly line: string }

/** The work grows with its square; texts that differ in more are shown as wholly replaced. */
const maxEdits = 500

/** A line keeps its end, so that a last one without differs from one with. */
export function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

export function diffLines(before: readonly string[], after: readonly string[]): readonly LineEdit[] {
  const start = countSame(before.length, after.length, (index) => before[index] === after[index])
  const rest = Math.min(before.length, after.length) - start
  const end = countSame(rest, rest, (index) => before.at(-1 - index) === after.at(-1 - index))
  const middle = [before.slice(start, before.length - end), after.slice(start, after.length - end)] as const
  return [
    ...edits("same", before.slice(0, start)),
    ...(shortest(...middle) ?? [...edits("gone", middle[0]), ...edits("new", middle[1])]),
    ...edits("same", before.slice(before.length - end)),
  ]
}

function edits(kind: LineEdit["kind"], lines: readonly string[]): readonly LineEdit[] {
  return lines.map((line) => ({ kind, line }))
}

function countSame(one: number, other: number, isSame: (index: number) => boolean): number {
  let count = 0
  while (count < one && count < other && isSame(count)) count += 1
  return count
}

/** How far down `before` each diagonal was followed, by diagonal; one for each number of edits. */
type Reach = ReadonlyMap<number, number>

function shortest(before: readonly string[], after: readonly string[]): readonly LineEdit[] | undefined {
  const reaches: Reach[] = []
  let last: Reach = new Map([[1, 0]])
  for (let count = 0; count <= maxEdits; count += 1) {
    reaches.push(last)
    const next = new Map<number, number>()
    for (let diagonal = -count; diagonal <= count; diagonal += 2) {
      let x = firstOn(last, diagonal, count)
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1
      next.set(diagonal, x)
      if (x >= before.length && x - diagonal >= after.length) return walkBack(before, after, reaches)
    }
    last = next
  }
  return undefined
}

function firstOn(last: Reach, diagonal: number, count: number): number {
  return comesFromAbove(last, diagonal, count) ? (last.get(diagonal + 1) ?? 0) : (last.get(diagonal - 1) ?? 0) + 1
}

function comesFromAbove(last: Reach, diagonal: number, count: number): boolean {
  if (diagonal === -count) return true
  return diagonal !== count && (last.get(diagonal - 1) ?? 0) < (last.get(diagonal + 1) ?? 0)
}

function walkBack(
  before: readonly string[],
  after: readonly string[],
  reaches: readonly Reach[],
): readonly LineEdit[] {
  const found: LineEdit[] = []
  let [x, y] = [before.length, after.length]
  for (let count = reaches.length - 1; count >= 0; count -= 1) {
    const last = reaches[count] ?? new Map<number, number>()
    const isNew = comesFromAbove(last, x - y, count)
    const from = x - y + (isNew ? 1 : -1)
    const fromX = last.get(from) ?? 0
    const startX = isNew ? fromX : fromX + 1
    while (x > startX && y > 0) [x, y] = [x - 1, take(found, "same", after, y)]
    if (count === 0) break
    if (isNew) y = take(found, "new", after, y)
    else x = take(found, "gone", before, x)
  }
  return found.toReversed()
}

/** @returns the number of lines that are left */
function take(found: LineEdit[], kind: LineEdit["kind"], lines: readonly string[], count: number): number {
  found.push({ kind, line: lines[count - 1] ?? "" })
  return count - 1
}
