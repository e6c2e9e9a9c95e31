/** What whoever asks for a verification has kept elsewhere: a public key, and checkpoints. */

import { splitNotes } from "../../../domain/audit/checkpoint.ts"
import { readVkey } from "../../../domain/audit/signed-note.ts"
import { GatewayError } from "../../../errors.ts"

export type GivenProof = {
  /** The line of a public key; the history of keys that it may stand in can follow it. */
  readonly publicKey?: string
  /** Notes, one after another. */
  readonly checkpoints?: string
}

/** @throws GatewayError `invalid` */
export function keyGiven({ publicKey }: GivenProof): string | undefined {
  return publicKey === undefined ? undefined : readVkey(publicKey.trim().split("\n", 1)[0] ?? "").vkey
}

/** @throws GatewayError `invalid` */
export function notesGiven({ checkpoints }: GivenProof): readonly string[] {
  if (checkpoints === undefined) return []
  const { notes } = splitNotes(`${checkpoints.trimEnd()}\n\n`)
  if (notes.length > 0) return notes
  throw new GatewayError("invalid", "There is no checkpoint in what was given as checkpoints kept elsewhere.")
}
