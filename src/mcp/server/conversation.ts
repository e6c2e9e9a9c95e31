/**
 * The requests open on one connection in both directions: theirs, which they may cancel, and ours, whose answers come
 * back as messages of their own. Ids of the two directions never mix.
 */

import { GatewayError } from "../../errors.ts"
import { noMembers, toRaw, type RawJson, type RawObject } from "../raw-json.ts"
import type { Answer, Request, RpcError } from "../message.ts"
import { writeLegacyParams } from "../era-legacy.ts"
import { ProtocolError } from "../protocol-error.ts"
import { capabilityToAsk, unanswerable } from "../asking.ts"
import { encodeNotification, encodeRequest } from "../wire.ts"

/** Hands one message to the transport. `false` says that it cannot reach the client, now or later. */
export type Send = (message: Buffer) => boolean | void

export class Conversation {
  /** Both are there while something is open, which for most sessions is seldom. */
  #theirs: Map<string, AbortController> | undefined
  #ours: Map<string, (answer: Answer) => void> | undefined
  #lastId = 0
  #ended: GatewayError | undefined

  /** Whether a request of theirs waits for its answer. */
  get busy(): boolean {
    return this.#theirs !== undefined
  }

  /** @returns undefined where the sender already has a request open under this id */
  open(id: RawJson, closed?: AbortSignal): AbortSignal | undefined {
    const key = id.toString()
    if (this.#theirs?.has(key)) return undefined
    const controller = new AbortController()
    this.#theirs ??= new Map()
    this.#theirs.set(key, controller)
    if (this.#ended) controller.abort(this.#ended)
    return closed ? AbortSignal.any([controller.signal, closed]) : controller.signal
  }

  /** @returns whether its sender waits for no answer, because it cancelled it or has left */
  finish(id: RawJson): boolean {
    const key = id.toString()
    const { aborted = false, reason } = this.#theirs?.get(key)?.signal ?? {}
    const cancelled = aborted && !isRefusal(reason)
    this.#theirs?.delete(key)
    if (this.#theirs?.size === 0) this.#theirs = undefined
    return cancelled
  }

  cancel(id: RawJson | undefined): void {
    if (id) this.end(id, new GatewayError("invalid", "The client cancelled the request."))
  }

  end(id: RawJson, reason: unknown): void {
    this.#theirs?.get(id.toString())?.abort(reason)
  }

  /** Asks the client, or answers at once that it never said it could be asked. */
  async ask(request: Request, capabilities: RawObject, send: Send, signal: AbortSignal): Promise<Answer> {
    const capability = capabilityToAsk[request.method]
    if (capability === undefined || !capabilities.has(capability)) return unanswerable(request.method)
    signal.throwIfAborted()
    const id = `mm-${++this.#lastId}`
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const stop = (): void => {
      send(encodeNotification("notifications/cancelled", new Map([["requestId", toRaw(id)]])))
      reject(signal.reason)
    }
    this.#ours ??= new Map()
    this.#ours.set(JSON.stringify(id), resolve)
    signal.addEventListener("abort", stop, { once: true })
    try {
      const sent = send(encodeRequest(id, request.method, writeLegacyParams(request, undefined)))
      return sent === false ? unanswerable(request.method) : await promise
    } finally {
      signal.removeEventListener("abort", stop)
      this.#ours.delete(JSON.stringify(id))
      if (this.#ours.size === 0) this.#ours = undefined
    }
  }

  /** Hands an answer to whoever asked; one that nobody asked for is dropped. */
  settle(id: RawJson | undefined, answer: Answer): void {
    if (id) this.#ours?.get(id.toString())?.(answer)
  }

  /** @param ended what whoever waits for either side is told */
  close(ended: GatewayError): void {
    this.#ended = ended
    for (const controller of this.#theirs?.values() ?? []) controller.abort(ended)
    for (const settle of this.#ours?.values() ?? []) settle({ error: { code: -32603, message: ended.message } })
  }
}

/** Whether it was ended from our side, for what its sender is told. */
function isRefusal(reason: unknown): boolean {
  return reason instanceof GatewayError && reason.code === "unauthenticated"
}

/** The answer to a request whose id another one holds. */
export function stillOpen(id: RawJson): RpcError {
  return new ProtocolError("invalid_request", `A request with id ${id.toString().slice(0, 40)} is still open.`).rpc
}

export function cancelledId(params: RawObject = noMembers): RawJson | undefined {
  return params.get("requestId")
}
