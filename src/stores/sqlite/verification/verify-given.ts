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

export type GivenNotes = { readonly notes: readonly string[]; readonly remarks: readonly string[] }

/** Of 4 bytes of the key's id and 64 of the signature at least, in base64. */
const wholeSignature = /^— \S+ (?=(?:.{4})+$)[A-Za-z0-9+/]{90,}={0,2}$/

const tornRemark =
  "The last of the checkpoints kept elsewhere is torn and was left out; give a whole copy to compare with it, too."

/**
 * A file that was copied while it was written may end in the middle of a note.
 *
 * @throws GatewayError `invalid`
 */
export function notesGiven({ checkpoints }: GivenProof): GivenNotes {
  if (checkpoints === undefined) return { notes: [], remarks: [] }
  const whole = isTorn(checkpoints) ? checkpoints.slice(0, checkpoints.lastIndexOf("\n\n") + 2) : checkpoints
  const { notes, torn } = splitNotes(`${whole.trim()}\n\n`)
  const remarks = torn || whole !== checkpoints ? [tornRemark] : []
  if (notes.length > 0) return { notes, remarks }
  throw new GatewayError("invalid", "There is no checkpoint in what was given as checkpoints kept elsewhere.")
}

/** Whether the last line is not ended, and no whole signature. */
function isTorn(text: string): boolean {
  const last = text.slice(text.lastIndexOf("\n") + 1)
  return last !== "" && !wholeSignature.test(last)
}
