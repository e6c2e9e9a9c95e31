/**
 * Counts the tokens of texts in a thread of its own. A text is cut where words end, since the work of an encoding
 * grows with the square of a word's length.
 */

import { parentPort, workerData } from "node:worker_threads"
import { countTokens } from "gpt-tokenizer/encoding/o200k_base"

const longestPiece = 512
/** What stands for itself in a model's input is only text here. */
const asText = { disallowedSpecial: new Set<string>() }

const counts = (workerData as readonly string[]).map((text) =>
  piecesOf(text).reduce((sum, piece) => sum + countTokens(piece, asText), 0),
)
parentPort?.postMessage(counts, [])

function piecesOf(text: string): readonly string[] {
  const pieces: string[] = []
  for (let at = 0; at < text.length;) {
    const window = text.slice(at, at + longestPiece)
    const space = window.length < longestPiece ? -1 : window.lastIndexOf(" ")
    const piece = space > 0 ? window.slice(0, space) : window
    pieces.push(piece)
    at += piece.length
  }
  return pieces
}
