/** Reads the body of one POST, up to a limit. Its deadline is the HTTP server's request time-out. */

import type { IncomingMessage } from "node:http"
import { GatewayError } from "../../errors.ts"

/** @throws GatewayError `too_large`; `invalid` where the client hung up in the middle. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers["content-length"]) > maxBytes) return Promise.reject(tooLarge(maxBytes))
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
