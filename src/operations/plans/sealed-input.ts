/** The input of a planned operation on its way to the store and back: it may hold secrets, and nobody is shown it. */

import type { Plan } from "../../domain/plans/plan.ts"
import type { Sealer } from "../../domain/secrets/secret.ts"
import { GatewayError } from "../../errors.ts"

export type KeptInput = { readonly nonce: string; readonly input: Readonly<Record<string, unknown>> }

/** More than any operation has to say but for the largest files of services; it is kept beside all others. */
const maxBytes = 64 * 1_024
/** What a sealer takes at once. */
const pieceBytes = 6 * 1_024

/** @throws GatewayError `too_large` */
export function sealInput(sealer: Sealer, planId: string, kept: KeptInput): string[] {
  const bytes = Buffer.from(JSON.stringify(kept))
  if (bytes.length > maxBytes)
    throw new GatewayError("too_large", `What is planned may have ${maxBytes} bytes of input; make it smaller.`, {
      detail: { maxBytes },
    })
  const count = Math.ceil(bytes.length / pieceBytes)
  return Array.from({ length: count }, (_, at) =>
    sealer.seal(
      purposeOf(planId, at, count),
      bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes).toString("base64"),
    ),
  )
}

/** Each piece opens in its place alone, and none may be missing. */
function purposeOf(planId: string, at: number, count: number): string {
  return `plan ${planId} ${at + 1}/${count}`
}

/** Undefined where another key sealed it, or something of it was changed. */
export function openInput(sealer: Sealer, { id, sealed }: Pick<Plan, "id" | "sealed">): KeptInput | undefined {
  const pieces = sealed.map((text, at) => sealer.open(purposeOf(id, at, sealed.length), text))
  if (!pieces.every((piece) => typeof piece === "string")) return undefined
  return JSON.parse(Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64"))).toString()) as KeptInput
}
