/**
 * The resources that one legacy session subscribes to, each by a modern subscription of its own, which ends when the
 * client unsubscribes.
 */

import { GatewayError } from "../../errors.ts"
import { ProtocolError } from "../protocol-error.ts"
import { readString, type RawObject } from "../raw-json.ts"

/** What one session may subscribe to at once. */
const maxWatched = 1_000

/** Opens a subscription to one resource; resolves with whether it is honoured. */
type ListenToResource = (uri: string, signal: AbortSignal) => Promise<boolean>

export class ResourceWatches {
  readonly #listen: ListenToResource
  readonly #closed: AbortSignal
  readonly #watched = new Map<string, AbortController>()

  constructor(listen: ListenToResource, closed: AbortSignal) {
    this.#listen = listen
    this.#closed = closed
  }

  /** @throws GatewayError `overloaded`, `not_found`, and what the subscription is refused with */
  async subscribe(uri: string): Promise<void> {
    if (this.#watched.has(uri)) return
    if (this.#watched.size >= maxWatched)
      throw new GatewayError(
        "overloaded",
        `A session subscribes to ${maxWatched} resources at most; unsubscribe from some.`,
      )
    const stop = new AbortController()
    this.#watched.set(uri, stop)
    const honoured = await this.#listen(uri, AbortSignal.any([stop.signal, this.#closed])).catch(
      (thrown: unknown) => {
        this.unsubscribe(uri)
        throw thrown
      },
    )
    if (honoured) return
    this.unsubscribe(uri)
    throw new GatewayError("not_found", `No resource ${uri} to subscribe to.`, { detail: { uri } })
  }

  unsubscribe(uri: string): void {
    this.#watched.get(uri)?.abort()
    this.#watched.delete(uri)
  }
}

/** @throws ProtocolError `invalid_params` */
export function uriOf(params: RawObject): string {
  const uri = readString(params.get("uri"))
  if (uri === undefined) throw new ProtocolError("invalid_params", "uri must be a string.")
  return uri
}
