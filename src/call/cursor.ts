/**
 * A cursor names the last item shown, so that pages hold together while the list changes. It is sealed for the
 * principal, the endpoint and the list that it was given out for: whatever else comes is refused.
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

export function createCursors(sealer: Sealer): Cursors {
  return {
    write: (call, last) => sealer.seal(purpose, { of: listOf(call), after: last } satisfies Sealed),
    read: (call) => {
      const raw = call.request.params.get("cursor")
      if (!raw) return undefined
      const sealed = sealer.open(purpose, readString(raw) ?? "") as Sealed | undefined
      if (sealed?.of === listOf(call)) return sealed.after
      throw new GatewayError("invalid", "The cursor is not one of this gateway's; list again without it.")
    },
  }
}

function listOf({ caller: { principalId }, mount = "", request: { method } }: CallRequest): string {
  return JSON.stringify([principalId, mount, method])
}
