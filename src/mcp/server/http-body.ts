/** Reads the body of one POST, up to a limit. Its deadline is the HTTP server's request time-out. */

import type { IncomingMessage } from "node:http"
import { GatewayError } from "../../errors.ts"

/**
 * At once where all of it has come together with the head, as small bodies do.
 *
 * @throws GatewayError `too_large`; `invalid` where the client hung up in the middle
 */
export function readBody(request: IncomingMessage, maxBytes: number): Buffer | Promise<Buffer> {
  if (Number(request.headers["content-length"]) > maxBytes) throw tooLarge(maxBytes)
  if (!request.complete || request.destroyed) return collect(request, maxBytes)
  if (request.readableLength > maxBytes) throw tooLarge(maxBytes)
  return (request.read() as Buffer | null) ?? Buffer.alloc(0)
}

function collect(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on("data", (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) reject(tooLarge(maxBytes))
      else chunks.push(chunk)
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
