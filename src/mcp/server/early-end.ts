/**
 * Ends an answer that was given before all of its request had come. To close the connection at once would reset it, and
 * the sender, still busy sending, would never see what was wrong: so what it sends is read and dropped for a while.
 *
 * @see RFC 9112 §9.6
 */

import type { ServerResponse } from "node:http"

const lingerMs = 2_000
const lingerBytes = 128 * 1024 * 1024

/** @param response its head is written, with the length of the body */
export function endEarly(response: ServerResponse, body: string | Buffer): void {
  const { req: request } = response
  if (request.complete || request.destroyed) return void response.end(body)
  let left = lingerBytes
  const end = (): void => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(end, lingerMs)
  request.on("data", (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) end()
  })
  request.once("end", end).once("close", end)
  response.write(body)
}
