/**
 * Our side of any channel (stdio, WebSocket, HTTP+SSE): a client of either era on one pipe, told apart message by
 * message as the bodies say.
 */

import { setTimeout as sleep } from "node:timers/promises"
import { GatewayError } from "../../errors.ts"
import type { Channel } from "../channels/channel.ts"
import { Conversation, cancelledId, stillOpen } from "./conversation.ts"
import { encodeModernAnswer, isModern } from "../era-modern.ts"
import { LegacySession } from "./legacy-session.ts"
import type { Handler, Outline } from "../message.ts"
import { endableOf } from "../cancellation.ts"
import { answerModern } from "./modern-request.ts"
import { readMessages, type Messages } from "../outline.ts"
import { ProtocolError } from "../protocol-error.ts"
import { writeArray, type RawJson } from "../raw-json.ts"
import { encodeAnswer, joined, toRpcError } from "../wire.ts"

/** How long the answers may take for a client that sends no more. */
const lingerMs = 10_000

export type ChannelServerOptions = {
  readonly channel: Channel
  /** Unguessable; names the connection. */
  readonly id: string
  readonly handle: Handler
  readonly serverInfo: RawJson
  /** Messages that may be worked on at once. */
  readonly maxOpen: number
  /** Aborts when the client's credential is good no longer. */
  readonly refused?: AbortSignal
}

/** Serves the channel until it ends; resolves then. */
export async function serveChannel(options: ChannelServerOptions): Promise<void> {
  const { channel, id, handle, serverInfo, maxOpen, refused } = options
  const send = (message: Buffer): void => channel.send(message)
  const open = new Set<Promise<unknown>>()
  const leave = (): void => void leaveAnswered(channel, open)
  const legacy = new LegacySession({ id, handle, side: { send, refuse: leave } })
  refused?.addEventListener("abort", leave, { once: true })
  const modern = new Conversation()
  const closed = new AbortController()
  const saidAll = new AbortController()

  const answerOne = async (message: Outline & { kind: "request" }): Promise<Buffer | undefined> => {
    const listens = message.method === "subscriptions/listen"
    const signal = modern.open(
      message.id,
      listens ? AbortSignal.any([closed.signal, saidAll.signal]) : closed.signal,
    )
    if (!signal) return encodeAnswer(message.id, { error: stillOpen(message.id) })
    const { answer } = await answerModern({
      message,
      handle,
      send,
      hungUp: endableOf(signal, (reason) => modern.end(message.id, reason)),
    })
    return modern.finish(message.id) ? undefined : joined(encodeModernAnswer(message.id, answer, serverInfo))
  }

  const receive = async (message: Outline): Promise<Buffer | undefined> => {
    if (message.kind === "request" && isModern(message.params)) return answerOne(message)
    if (message.kind === "notification" && message.method === "notifications/cancelled")
      modern.cancel(cancelledId(message.params))
    const answer = await legacy.receive(message, send)
    return answer && joined(answer)
  }

  channel.listen((bytes) => {
    if (open.size >= maxOpen) return channel.send(refusal(tooManyOpen(maxOpen)))
    const answered = receiveAll(bytes, receive, legacy)
      .catch((thrown: unknown) => refusal(thrown))
      .then((answer) => answer && channel.send(answer))
    open.add(answered)
    void answered.finally(() => open.delete(answered))
  })
  void channel.saidAll?.then(() => {
    saidAll.abort(new GatewayError("invalid", "The client has left."))
    leave()
  })
  await channel.closed
  closed.abort(new GatewayError("service_unavailable", "The connection has ended."))
  legacy.close()
}

/** A client that has said all it wanted, as a script does, still gets its answers. */
async function leaveAnswered(channel: Channel, open: ReadonlySet<Promise<unknown>>): Promise<void> {
  const late = new AbortController()
  await Promise.race([Promise.all(open), sleep(lingerMs, undefined, { signal: late.signal }).catch(() => {})])
  late.abort()
  channel.close()
}

async function receiveAll(
  bytes: Buffer,
  receive: (message: Outline) => Promise<Buffer | undefined>,
  legacy: LegacySession,
): Promise<Buffer | undefined> {
  const messages: Messages = readMessages(bytes)
  if (!messages.batch) return receive(messages.message)
  if (legacy.client.revision !== "2025-03-26")
    throw new ProtocolError("invalid_request", "This revision has no batches.")
  const answers = (await Promise.all(messages.messages.map(receive))).filter((answer) => answer !== undefined)
  return answers.length === 0 ? undefined : writeArray(answers)
}

function tooManyOpen(max: number): GatewayError {
  const text = `${max} messages of yours are worked on already (limits.callsPerPrincipal); wait for an answer.`
  return new GatewayError("overloaded", text, {
    detail: { limit: "limits.callsPerPrincipal" },
    retryAfterMs: 1_000,
  })
}

function refusal(thrown: unknown): Buffer {
  return encodeAnswer(thrown instanceof ProtocolError ? thrown.id : undefined, { error: toRpcError(thrown) })
}
