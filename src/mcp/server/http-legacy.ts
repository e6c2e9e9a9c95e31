/**
 * Legacy clients over Streamable HTTP: POST for messages, GET for what comes unasked, DELETE for the end. A client
 * that hangs up has not cancelled; it may come back for its answer.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */

import { randomUUID } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { GatewayError } from "../../errors.ts"
import { prefersStreams, takesStreams } from "./http-modern.ts"
import { HttpReply } from "./http-reply.ts"
import { clientOf, type HttpSession, type HttpSessions } from "./http-sessions.ts"
import { LegacySession } from "./legacy-session.ts"
import { legacyRevisions, type Handler, type Outline } from "../message.ts"
import type { Messages } from "../outline.ts"
import { ProtocolError } from "../protocol-error.ts"
import { writeArray } from "../raw-json.ts"
import { joined, type Bytes } from "../wire.ts"

export type LegacyRequest = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly sessions: HttpSessions
  /** Whose sessions these are, and with whose others they are counted. */
  readonly owner: string
  readonly principal: string
  readonly mount: string | undefined
  readonly handle: Handler
  readonly assertMayBegin?: () => void
}

export async function serveLegacyPost(legacy: LegacyRequest, messages: Messages): Promise<void> {
  const revision = checkRevision(legacy.request)
  if (!messages.batch && isInitialize(messages.message)) return initialize(legacy, messages.message)
  const id = sessionId(legacy.request)
  if (id === undefined) return serveWithoutSession(legacy, messages, revision)
  const found = findSession(legacy, id)
  if (messages.batch) requireBatches(found.session.client.revision)
  const reply = new HttpReply(legacy.response, streamOpener(legacy, found))
  if (prefersStreams(legacy.request) && hasRequest(messages)) reply.stream()
  reply.finish(await receiveAll(found.session, messages, reply), 200)
}

/** @throws GatewayError `not_found` where the session is not this client's: it starts anew */
export function serveLegacyGet(legacy: LegacyRequest): void {
  const id = sessionId(legacy.request)
  if (id === undefined) throw new ProtocolError("invalid_request", "Mcp-Session-Id is missing.")
  const lastEventId = legacy.request.headers["last-event-id"]
  const found = findSession(legacy, id)
  if (found.attach(legacy.response, typeof lastEventId === "string" ? lastEventId : undefined))
    return forgetHead(legacy.request)
  throw new GatewayError("not_found", "The stream of this Last-Event-ID is gone.")
}

/** A stream may be open for days, and holds its request: what that said was read, and is 2 KB. */
function forgetHead(request: IncomingMessage): void {
  request.rawHeaders = noLines as string[]
  request.headers = noHeaders
}

const noLines = Object.freeze([] as string[])
const noHeaders = Object.freeze({})

export function serveLegacyDelete(legacy: LegacyRequest): void {
  const id = sessionId(legacy.request)
  if (id === undefined) throw new ProtocolError("invalid_request", "Mcp-Session-Id is missing.")
  findSession(legacy, id)
  legacy.sessions.end(id)
  legacy.response.writeHead(204).end()
}

async function initialize({ response, sessions, ...peer }: LegacyRequest, message: Outline): Promise<void> {
  peer.assertMayBegin?.()
  const begun = sessions.begin(peer)
  const answer = await begun.session.receive(message, () => {})
  if (begun.session.introduced) response.setHeader("mcp-session-id", sessions.name(begun))
  new HttpReply(response, undefined).finish(answer, 200)
}

/** Clients that keep no session id are served all the same, with nothing that needs one. */
async function serveWithoutSession(
  legacy: LegacyRequest,
  messages: Messages,
  revision: string | undefined,
): Promise<void> {
  const client = clientOf(revision)
  if (messages.batch) requireBatches(client.revision)
  // Each is a session of its own, or the end of one would end what another one uses.
  const session = new LegacySession({ id: randomUUID(), handle: legacy.handle, side: { send: () => {} }, client })
  legacy.response.once("close", () => session.close())
  const reply = new HttpReply(legacy.response, undefined)
  reply.finish(await receiveAll(session, messages, reply), 200)
}

async function receiveAll(
  session: LegacySession,
  messages: Messages,
  reply: HttpReply,
): Promise<Bytes | undefined> {
  if (!messages.batch) return session.receive(messages.message, reply.send, reply)
  const answers = await Promise.all(messages.messages.map((message) => session.receive(message, reply.send)))
  const given = answers.filter((answer) => answer !== undefined).map(joined)
  return given.length === 0 ? undefined : writeArray(given)
}

function streamOpener(
  { request, response }: LegacyRequest,
  found: HttpSession,
): (() => ReturnType<HttpSession["openStream"]>) | undefined {
  return takesStreams(request) ? () => found.openStream(response) : undefined
}

function findSession({ sessions, ...peer }: LegacyRequest, id: string): HttpSession {
  const found = sessions.find(id, peer)
  if (found) return found
  throw new GatewayError(
    "not_found",
    "The session is unknown or has ended; send initialize without Mcp-Session-Id.",
  )
}

function sessionId({ headers }: IncomingMessage): string | undefined {
  const id = headers["mcp-session-id"]
  return typeof id === "string" ? id : undefined
}

/** @returns the revision named by the header; none means a client from before the header existed */
function checkRevision({ headers }: IncomingMessage): string | undefined {
  const named = headers["mcp-protocol-version"]
  if (named === undefined) return undefined
  const known = legacyRevisions.find((revision) => revision === named)
  if (known) return known
  throw new ProtocolError("invalid_request", `MCP-Protocol-Version must be one of ${legacyRevisions.join(", ")}.`)
}

function requireBatches(revision: string): void {
  if (revision !== "2025-03-26") throw new ProtocolError("invalid_request", `Revision ${revision} has no batches.`)
}

function hasRequest(messages: Messages): boolean {
  return messages.batch || messages.message.kind === "request"
}

function isInitialize(message: Outline): boolean {
  return message.kind === "request" && message.method === "initialize"
}
