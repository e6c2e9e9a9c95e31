/** Reads the body of one POST, up to a limit. Its deadline is the HTTP server's request time-out. */

import type { IncomingMessage } from "node:http"
import { GatewayError } from "../../errors.ts"
import { holdFor, type Held } from "./body-room.ts"

/**
 * At once where all of it has come together with the head, as small bodies do.
 *
 * @param held where larger ones are counted
 * @throws GatewayError `too_large`; `overloaded`; `invalid` where the client hung up in the middle
 */
export function readBody(request: IncomingMessage, maxBytes: number, held?: Held): Buffer | Promise<Buffer> {
  if (Number(request.headers["content-length"]) > maxBytes) throw tooLarge(maxBytes)
  if (!request.complete || request.destroyed) return collect(request, maxBytes, held && holdFor(held))
  if (request.readableLength > maxBytes) throw tooLarge(maxBytes)
  return (request.read() as Buffer | null) ?? Buffer.alloc(0)
}

function collect(request: IncomingMessage, maxBytes: number, hold?: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on("data", (chunk: Buffer) => {
      size += chunk.length
      try {
        if (size > maxBytes) throw tooLarge(maxBytes)
        hold?.(chunk.length)
        chunks.push(chunk)
      } catch (thrown) {
        chunks.length = 0
        size = Number.POSITIVE_INFINITY
        reject(thrown)
      }
    })
    request.on("end", () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    request.on("error", (cause) => reject(hungUp(cause)))
    request.on("close", () => {
      if (!request.complete) reject(hungUp(undefined))
    })
    if (request.destroyed) reject(hungUp(undefined))
  })
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError("too_large", `The body is over ${maxBytes} bytes (limits.bodyBytes).`, {
    detail: { maxBytes },
  })
}

function hungUp(cause: unknown): GatewayError {
  return new GatewayError("invalid", "The connection ended in the middle of the body.", { cause })
}
