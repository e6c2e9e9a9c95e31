/**
 * What a worker and its owner tell each other beside a request that is handed over: whom it is from, and that its
 * credential was good. Clients can send and see neither: a worker takes them off, on both ways.
 */

import { timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http"
import { GatewayError } from "../../errors.ts"

const fromWorker = "mcp-meta-worker"
const admitted = "mcp-meta-admitted"

/** How much longer they make the headers of a request, and by how many more. */
export const handOverHeaderBytes = 1_024
export const handOverHeaders = 1

/** What is said of one connection, or of how a body goes over it. */
const ofOneConnection: ReadonlySet<string> = new Set(
  "connection keep-alive proxy-connection te trailer transfer-encoding upgrade expect".split(" "),
)

/** @param rawHeaders names and values in turn, as they came */
export function handedOver(rawHeaders: readonly string[], from: { token: string; address: string }): string[] {
  return [...without(rawHeaders, ofOneConnection), fromWorker, `${from.token} ${from.address}`]
}

/** The same where the connection itself is what is handed over. */
export function handedOverWhole(
  rawHeaders: readonly string[],
  from: { token: string; address: string },
): string[] {
  return [...without(rawHeaders, new Set()), fromWorker, `${from.token} ${from.address}`]
}

/** An answer's, without what was meant for the worker. */
export function handedBack(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name !== admitted && !ofOneConnection.has(name)),
  )
}

/**
 * Keeps the connection to the worker whatever is answered: one that is closed on a request which is still on its way takes
 * the answer along. The worker closes that to its client instead.
 */
export function keepConnection(response: ServerResponse): void {
  response.setHeader("connection", "keep-alive")
}

export function markAdmitted(response: ServerResponse): void {
  response.setHeader(admitted, "yes")
}

export function isMarkedAdmitted(headers: IncomingHttpHeaders): boolean {
  return headers[admitted] !== undefined
}

/** @returns the address of the client. @throws GatewayError `forbidden` for whoever is no worker of ours */
export function addressFromWorker({ headers }: IncomingMessage, token: string): string {
  const [given = "", address = ""] = String(headers[fromWorker] ?? "").split(" ")
  if (isSame(given, token)) return address
  throw new GatewayError("forbidden", "This door is for the gateway's own workers.")
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}

function without(rawHeaders: readonly string[], names: ReadonlySet<string>): string[] {
  return rawHeaders.filter((_, at) => {
    const name = rawHeaders[at - (at % 2)]?.toLowerCase() ?? ""
    return name !== fromWorker && !names.has(name)
  })
}
