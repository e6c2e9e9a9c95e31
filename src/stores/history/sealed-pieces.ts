/** Values of any size, sealed in pieces of the size that the sealer takes: a service's file may have 256 KiB. */

import type { Sealer } from "../../domain/secrets/secret.ts"

/** In UTF-16 units, each of which takes at most 3 bytes in the sealed text. */
const pieceLength = 3_500

/** @param purpose what it belongs to: sealed for one thing, it opens for no other */
export function sealPieces(sealer: Sealer, purpose: string, value: unknown): string[] {
  const text = JSON.stringify(value)
  const pieces = Math.ceil(text.length / pieceLength)
  return Array.from({ length: pieces }, (_none, at) =>
    sealer.seal(`${purpose} ${at}/${pieces}`, text.slice(at * pieceLength, (at + 1) * pieceLength)),
  )
}

/** @returns undefined for what was not sealed here for this purpose */
export function openPieces(sealer: Sealer, purpose: string, sealed: readonly string[]): unknown {
  const pieces = sealed.map((piece, at) => sealer.open(`${purpose} ${at}/${sealed.length}`, piece))
  return pieces.every((piece) => typeof piece === "string") ? JSON.parse(pieces.join("")) : undefined
}
