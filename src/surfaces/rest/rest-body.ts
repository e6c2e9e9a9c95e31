/** The JSON body of a REST request, as strictly read as a message of MCP. */

import { setTimeout as sleep } from "node:timers/promises"
import { GatewayError } from "../../errors.ts"
import { holdFor, type Held } from "../../mcp/server/body-room.ts"
import { readMembers } from "../../mcp/outline.ts"
import type { RawObject } from "../../mcp/raw-json.ts"

/** How long, and how much of, a body that is refused is read and dropped. */
const lingerMs = 2_000
const lingerBytes = 128 * 1024 * 1024

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
  const hold = held && holdFor(held)
  if (!request.body) return Buffer.alloc(0)
  const reader = request.body.getReader()
  const pieces: Uint8Array[] = []
  let length = Number(request.headers.get("content-length") ?? 0) > maxBytes ? Infinity : 0
  while (length <= maxBytes) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length <= maxBytes) hold?.(value.length)
    pieces.push(value)
  }
  if (length <= maxBytes) return Buffer.concat(pieces)
  // To answer at once would reset the connection, and whoever is still sending would not see why.
  await Promise.race([dropRest(reader), sleep(lingerMs, undefined, { ref: false })])
  throw new GatewayError("too_large", `The body has more than ${maxBytes} bytes (${of}).`)
}

async function dropRest(reader: { read(): Promise<{ done: boolean; value?: Uint8Array }> }): Promise<void> {
  let left = lingerBytes
  for (let next = await reader.read(); !next.done && left > 0; next = await reader.read())
    left -= next.value?.length ?? 0
}
