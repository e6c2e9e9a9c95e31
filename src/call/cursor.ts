/** A cursor names the last item shown, so that pages hold together while the list changes. */

import { GatewayError } from "../errors.ts"
import { readString, type RawJson } from "../mcp/raw-json.ts"

export function writeCursor(name: string): string {
  return Buffer.from(`after ${name}`).toString("base64url")
}

/** @throws GatewayError `invalid` for a cursor that is not ours */
export function readCursor(raw: RawJson | undefined): string | undefined {
  if (!raw) return undefined
  const text = Buffer.from(readString(raw) ?? "", "base64url").toString()
  if (text.startsWith("after ")) return text.slice("after ".length)
  throw new GatewayError("invalid", "The cursor is not one of this gateway's; list again without it.")
}
