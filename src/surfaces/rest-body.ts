/** The JSON body of a REST request, as strictly read as a message of MCP. */

import { GatewayError } from "../errors.ts"
import { holdFor, type Held } from "../mcp/server/body-room.ts"
import { readMembers } from "../mcp/outline.ts"
import type { RawObject } from "../mcp/raw-json.ts"

export type BodyLimit = {
  readonly maxBytes: number
  /** What sets it; `limits.bodyBytes` where absent. */
  readonly of?: string
}

/**
 * @param held where it is counted
 * @returns the members of the object; none for an empty body
 * @throws GatewayError `invalid`, `too_large`, `overloaded`
 */
export async function readJsonBody(request: Request, limit: BodyLimit, held?: Held): Promise<RawObject> {
  const bytes = await readAll(request, limit, held)
  if (bytes.length === 0) return new Map()
  const type = request.headers.get("content-type") ?? ""
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new GatewayError("invalid", "Send the body as Content-Type: application/json.")
  try {
    return readMembers(bytes)
  } catch (cause) {
    throw new GatewayError("invalid", `The body is no JSON object: ${(cause as Error).message}`, { cause })
  }
}

async function readAll(
  request: Request,
  { maxBytes, of = "limits.bodyBytes" }: BodyLimit,
  held: Held | undefined,
): Promise<Buffer> {
  const tooLarge = new GatewayError("too_large", `The body has more than ${maxBytes} bytes (${of}).`)
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge
  const hold = held && holdFor(held)
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of request.body ?? []) {
    length += piece.length
    if (length > maxBytes) throw tooLarge
    hold?.(piece.length)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
