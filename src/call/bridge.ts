/**
 * The bridge between the eras: how a service asks the client behind a call, whichever era either of them speaks.
 *
 *                    modern service: asks in an answer      legacy service: asks in the middle of the call
 *   modern client    the answer goes on, with the service's   the call is parked: the client gets an answer that asks,
 *                    state inside a sealed one of ours        and its retry goes on with the same call
 *   legacy client    the client is asked in the middle of     the question goes on to the client
 *                    its call, and the request is sent anew
 *
 * Nobody need know beforehand of which era the service is: it is asked with a way to ask back where its client has
 * one, and what it does shows. A client without the capability is not offered, and whoever asks it all the same is
 * told so at once.
 *
 * The cells: parked-call.ts, rounds.ts. The states in a client's hands: states.ts.
 */

import type { WhyRefused } from "../domain/principal.ts"
import type { Sealer } from "../domain/secrets/secret.ts"
import { askableOf, askingMethods } from "../mcp/asking.ts"
import { invalidState, readInputResponses, writeInputRequired } from "../mcp/input-requests.ts"
import type { Answer, Request } from "../mcp/message.ts"
import { withMembers } from "../mcp/raw-json.ts"
import type { BridgedCall } from "./bridge/bridged-call.ts"
import type { ParkedCall } from "./bridge/parked-call.ts"
import { Parking, type ParkedFor } from "./bridge/parking.ts"
import { sendForLegacy } from "./bridge/rounds.ts"
import { States } from "./bridge/states.ts"
import { openPages, sendOpeningPages } from "./bridge/url-questions.ts"
import { withoutQuestions } from "./bridge/without-questions.ts"

export type BridgeOptions = {
  readonly sealer: Sealer
  /** Epoch ms. */
  readonly now: () => number
  /** Makes what nobody can guess. */
  readonly newId: () => string
  /** How long a client may take to answer what a service asks. */
  readonly parkedMs: number
  readonly parkedPerPrincipal: number
  /** Aborts when clients can come back no more. */
  readonly stopping: AbortSignal
}

export type Bridge = {
  /**
   * Sends one request, which may be one round of a call of several.
   *
   * @throws GatewayError `invalid` where the state it brings is forged, expired, used, or of another request;
   *   `overloaded` where no more calls can be parked; what sending throws
   */
  send(call: BridgedCall): Promise<Answer>
  /** Cancels the parked calls whose callers are refused now. @returns them */
  endRefused(whyRefused: WhyRefused): readonly ParkedFor[]
  /** Calls that wait for their clients, or have done so. */
  readonly parked: number
}

export function createBridge(options: BridgeOptions): Bridge {
  const { sealer, now, parkedMs, parkedPerPrincipal, newId, stopping } = options
  const states = new States(sealer, now, parkedMs)
  const parking = new Parking({ parkedMs, maxPerPrincipal: parkedPerPrincipal, newId })
  stopping.addEventListener("abort", () => parking.close(), { once: true })
  const lots = { states, parking }
  return {
    send: (call) =>
      call.request.client.era === "legacy"
        ? sendForLegacy(call, { answerMs: parkedMs, newId, stopping })
        : sendForModern(lots, call),
    endRefused: (whyRefused) => parking.endRefused(whyRefused),
    get parked() {
      return parking.size
    },
  }
}

type Lots = { readonly states: States; readonly parking: Parking }

async function sendForModern(lots: Lots, call: BridgedCall): Promise<Answer> {
  const { states, parking } = lots
  const { exchange, binding, send } = call
  const { method } = call.request
  if (!askingMethods.has(method)) return withoutQuestions(method, await send(call.request, exchange))
  const state = states.open(call.request, binding)
  if (state?.parked !== undefined) return resume(lots, call, state.parked)
  const request = state ? withState(call.request, state.relayed) : call.request
  if (askableOf(request.client).size === 0) {
    const answer = await send(request, exchange)
    return states.relay(answer.error ? await openPages(answer, { send, request, exchange }) : answer, binding)
  }
  const parked = parking.start(binding.principalId, request, (live) => sendOpeningPages(send, request, live))
  return hear(lots, call, parked, new Map())
}

/** @throws GatewayError `invalid` */
async function resume(lots: Lots, call: BridgedCall, name: string): Promise<Answer> {
  // Read first: answers that cannot be read leave the call waiting for better ones.
  const answers = readInputResponses(call.request.params)
  const parked = lots.parking.take(name)
  if (!parked) throw invalidState()
  return hear(lots, call, parked, answers)
}

async function hear(
  { states, parking }: Lots,
  { caller, request, exchange, binding }: BridgedCall,
  parked: ParkedCall,
  answers: ReturnType<typeof readInputResponses>,
): Promise<Answer> {
  const heard = await parked.round(request, exchange, answers)
  if (!heard.questions) return states.relay(heard.answer, binding)
  const asked = { caller, mount: binding.mount, request: { ...request, params: binding.params } }
  return writeInputRequired(heard.questions, states.park(parking.park({ call: parked, asked }), binding))
}

/** The retry as the service wants it, its own state unsealed. */
function withState(request: Request, requestState: Buffer): Request {
  return { ...request, params: withMembers(request.params, { requestState }) }
}
