/**
 * The headers of every answer, whoever gives it: no browser may guess its type, frame it, run it, keep it, or tell others
 * where it was. Who answers may say otherwise for one of them, as the pages of docs.ts do.
 */

import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders } from "node:http"

// To import it would load all that Node.js has of fetch and WebSockets besides.
const { ServerResponse } = process.getBuiltinModule("node:http")

const always = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const

/** Browsers shall not try these names in the clear for a year, on whatever port. */
const overTls = { ...always, "strict-transport-security": "max-age=31536000" } as const

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[]

class PlainResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  protected get standing(): OutgoingHttpHeaders {
    return always
  }

  override writeHead(status: number, message?: string | Headers, given?: Headers): this {
    const own = typeof message === "string" ? given : message
    const headers = { ...this.standing, ...(Array.isArray(own) ? fromList(own) : own) }
    return typeof message === "string"
      ? super.writeHead(status, message, headers)
      : super.writeHead(status, headers)
  }
}

class NamedTlsResponse<Request extends IncomingMessage = IncomingMessage> extends PlainResponse<Request> {
  protected override get standing(): OutgoingHttpHeaders {
    return overTls
  }
}

/** Node.js itself gives names and values in turn. */
function fromList(list: readonly OutgoingHttpHeader[]): OutgoingHttpHeaders {
  return Object.fromEntries(list.flatMap((name, at) => (at % 2 === 0 ? [[name, list[at + 1]]] : [])))
}

export const responses = { always: PlainResponse, named: NamedTlsResponse } as const

/** Where an answer is written without Node.js, in lines of a head. */
export const standingLines = Object.entries(always)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join("")
