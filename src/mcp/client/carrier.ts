/**
 * A carrier takes single requests to a service and brings back what belongs to each. It knows one transport and the
 * rules for telling whose message is whose; what a request means in an era is left to legacy-link.ts and
 * modern-link.ts, which stand on top.
 *
 * Which there are: duplex-carrier.ts, http-legacy-carrier.ts, http-modern-carrier.ts.
 */

import type { GatewayError } from "../../errors.ts"
import type { Cancellation } from "../cancellation.ts"
import type { LargeMembers } from "../large-members.ts"
import type { Answer, Notification } from "../message.ts"
import type { RawJson, RawObject } from "../raw-json.ts"
import { encodeRequest } from "../wire.ts"

/** A request that a service of the legacy era sends to us, as it came. */
export type Question = { readonly id: RawJson; readonly method: string; readonly params: RawObject }

/** One request on its way out, as its era writes it. */
export type OutgoingCall = {
  readonly method: string
  /** The params, with or without `_meta`: for what a transport repeats of them. */
  readonly params: RawObject
  /** The whole message. The call's own id is free to serve as its progress token. */
  encode(id: number): Buffer
  readonly signal: AbortSignal
  /** The same for those who need no signal: see `cancellationOf`. */
  readonly cancellation?: Cancellation | undefined
  /** Takes what comes ahead of the answer; absent where nobody waits for that. */
  notify?(notification: Notification): void
  /** The task whose result it waits for. */
  readonly taskId?: string | undefined
  /** Answers what the service asks because of this call; absent where nobody could. */
  readonly ask?: ((question: Question, signal: AbortSignal) => Promise<Answer>) | undefined
  /** Opens the way for large members of the result; absent where it must come whole. */
  readonly large?: (() => LargeMembers | undefined) | undefined
}

/** A request whose params are all there is to say. */
export function plainCall(method: string, params: RawObject, signal: AbortSignal): OutgoingCall {
  return { method, params, encode: (id) => encodeRequest(id, method, params), signal }
}

export interface Carrier {
  /** @throws GatewayError where no answer came; `detail.sent` is false where the service took nothing. */
  request(call: OutgoingCall): Promise<Answer>
  /** Settles once: with the reason when the connection is lost, with undefined when we closed it. Never rejects. */
  readonly closed: Promise<GatewayError | undefined>
  close(): Promise<void>
}

/** A carrier for the legacy era, in which both sides also speak unasked. */
export interface SessionCarrier extends Carrier {
  /** Whether there is a session that the service tells from others. */
  readonly inSession: boolean
  notify(method: string, params: RawObject): Promise<void>
  /** Hands on what the service tells of its lists and resources outside of any call. */
  follow(listener: (notification: Notification) => void): void
}
