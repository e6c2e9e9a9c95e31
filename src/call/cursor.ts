/**
 * A cursor names the last item shown, so that pages hold together while the list changes. It is sealed for the
 * principal, the endpoint and the list that it was given out for: whatever else comes is refused. Who lists again what
 * has not changed is given the same one: to seal and open another is a tenth of the work.
 */

import type { Sealer } from "../domain/secrets/secret.ts"
import { GatewayError } from "../errors.ts"
import { readString } from "../mcp/raw-json.ts"
import type { CallRequest } from "./call.ts"

export type Cursors = {
  write(call: CallRequest, last: string): string
  /** @throws GatewayError `invalid` for a cursor that was not given out here, for this */
  read(call: CallRequest): string | undefined
}

type Sealed = { readonly of: string; readonly after: string }

const purpose = "cursor"
/** Cursors given out last, of a few hundred bytes each. */
const maxKept = 1_024

export function createCursors(sealer: Sealer): Cursors {
  const kept = new Map<string, Sealed>()
  /** By what they were made of. */
  const texts = new Map<string, string>()
  const seal = (sealed: Sealed, made: string): string => {
    const text = sealer.seal(purpose, sealed)
    if (kept.size >= maxKept) for (const known of [kept, texts]) known.clear()
    kept.set(text, sealed)
    texts.set(made, text)
    return text
  }
  return {
    write: (call, last) => {
      const of = listOf(call)
      const made = `${of} ${last}`
      return texts.get(made) ?? seal({ of, after: last }, made)
    },
    read: (call) => {
      const raw = call.request.params.get("cursor")
      if (!raw) return undefined
      const text = readString(raw) ?? ""
      const sealed = kept.get(text) ?? (sealer.open(purpose, text) as Sealed | undefined)
      if (sealed?.of === listOf(call)) return sealed.after
      throw new GatewayError("invalid", "The cursor is not one of this gateway's; list again without it.")
    },
  }
}

function listOf({ caller: { principalId }, mount = "", request: { method } }: CallRequest): string {
  return JSON.stringify([principalId, mount, method])
}
