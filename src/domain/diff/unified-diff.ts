/** Differences of files in the form that people read and `git apply` takes. How lines are compared: line-diff.ts. */

import { diffLines, linesOf, type LineEdit } from "./line-diff.ts"

/** Texts as a whole: absent before where the file is new, absent after where it goes. */
export type FileDifference = {
  /** With "/" between its parts, relative to where the patch is applied. */
  readonly path: string
  readonly before?: string | undefined
  readonly after?: string | undefined
}

const contextLines = 3

/** Empty where nothing differs. */
export function unifiedDiff(files: readonly FileDifference[]): string {
  return files
    .filter(({ before, after }) => before !== after)
    .map((file) => headOf(file) + hunksOf(file).join(""))
    .join("")
}

function headOf({ path, before, after }: FileDifference): string {
  const [old, now] = [nameOf(`a/${path}`), nameOf(`b/${path}`)]
  const fate =
    before === undefined ? "new file mode 100644\n" : after === undefined ? "deleted file mode 100644\n" : ""
  const isEmpty = (before ?? "") === (after ?? "")
  const names = isEmpty
    ? ""
    : `--- ${before === undefined ? "/dev/null" : old}\n+++ ${after === undefined ? "/dev/null" : now}\n`
  return `diff --git ${old} ${now}\n${fate}${names}`
}

/** As git writes names that a line could not hold as they are. */
function nameOf(path: string): string {
  if (/^[A-Za-z0-9._/+@=-]+$/.test(path)) return path
  const bytes = [...Buffer.from(path)].map((byte) => {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
    return isPlain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`
  })
  return `"${bytes.join("")}"`
}

type Placed = LineEdit & { readonly old: number; readonly now: number }

function hunksOf({ before = "", after = "" }: FileDifference): readonly string[] {
  const placed = place(diffLines(linesOf(before), linesOf(after)))
  const near = new Set<number>()
  placed.forEach(({ kind }, at) => {
    if (kind !== "same") for (let by = -contextLines; by <= contextLines; by += 1) near.add(at + by)
  })
  const hunks: Placed[][] = []
  placed.forEach((edit, at) => {
    if (!near.has(at)) return
    if (near.has(at - 1) && at > 0) hunks.at(-1)?.push(edit)
    else hunks.push([edit])
  })
  return hunks.map(formatHunk)
}

function place(edits: readonly LineEdit[]): readonly Placed[] {
  let [old, now] = [1, 1]
  return edits.map((edit) => {
    const placed = { ...edit, old, now }
    if (edit.kind !== "new") old += 1
    if (edit.kind !== "gone") now += 1
    return placed
  })
}

const signs = { same: " ", gone: "-", new: "+" }

function formatHunk(hunk: readonly Placed[]): string {
  const ranges = `-${rangeOf(hunk, "new", "old")} +${rangeOf(hunk, "gone", "now")}`
  const lines = hunk.map(({ kind, line }) => {
    return signs[kind] + (line.endsWith("\n") ? line : `${line}\n\\ No newline at end of file\n`)
  })
  return `@@ ${ranges} @@\n${lines.join("")}`
}

/** Of no lines, the line before them is named. */
function rangeOf(hunk: readonly Placed[], without: LineEdit["kind"], side: "old" | "now"): string {
  const count = hunk.filter(({ kind }) => kind !== without).length
  const start = hunk[0]?.[side] ?? 1
  return `${count === 0 ? start - 1 : start},${count}`
}
