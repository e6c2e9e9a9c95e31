/**
 * The words of a text as rules compare them, with each form of a ban as `dont`, or `mustnt` where it bans somebody else.
 */

const bans = new Map([
  ["never", "dont"],
  ["avoid", "dont"],
  ["shouldnt", "mustnt"],
])
const bansOf = new Map([
  ["do", "dont"],
  ["please", "dont"],
  ["must", "mustnt"],
  ["should", "mustnt"],
  ["shall", "mustnt"],
  ["may", "mustnt"],
])

/** @param folded lookalikes.ts */
export function plainWords(folded: string): readonly string[] {
  const words: string[] = []
  for (const word of folded.replaceAll(/['’`´]/g, "").split(/[^\p{L}\p{N}]+/u)) {
    const ban = word === "not" ? bansOf.get(words.at(-1) ?? "") : undefined
    if (ban !== undefined) words[words.length - 1] = ban
    else if (word !== "") words.push(bans.get(word) ?? word)
  }
  return words
}
