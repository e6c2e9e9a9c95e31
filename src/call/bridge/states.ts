/**
 * The states that pass through a client's hands between two rounds of a call: a service's own, or the name of a parked
 * call. Each travels inside a sealed one of ours, so that whoever retries must be the same principal, with the same
 * request, in time. A service that knows only the gateway's credential could not tell that by itself.
 */

import { hash } from "node:crypto"
import type { Sealer } from "../../domain/secrets/secret.ts"
import { GatewayError } from "../../errors.ts"
import { asksForInput, invalidState, retryMembers } from "../../mcp/input-requests.ts"
import type { Answer, Request } from "../../mcp/message.ts"
import { readString, toRaw, withMembers, writeObject, type RawJson } from "../../mcp/raw-json.ts"
import type { Binding } from "./bridged-call.ts"

/** What a client brought back. */
export type State = { readonly relayed: RawJson; readonly parked?: never } | { readonly parked: string }

/** As it is sealed: digest of the binding, expiry in epoch ms, and the service's state or a parked call's name. */
type Sealed = { readonly b: string; readonly e: number } & ({ readonly s: string } | { readonly p: string })

const purpose = "request-state"

export class States {
  readonly #sealer: Sealer
  readonly #now: () => number
  readonly #lifetimeMs: number

  constructor(sealer: Sealer, now: () => number, lifetimeMs: number) {
    this.#sealer = sealer
    this.#now = now
    this.#lifetimeMs = lifetimeMs
  }

  /**
   * @returns undefined where the request brings none
   * @throws GatewayError `invalid` where the state is forged, expired, or of another request
   */
  open({ params }: Request, binding: Binding): State | undefined {
    const raw = params.get("requestState")
    if (!raw) return undefined
    const sealed = this.#sealer.open(purpose, readString(raw) ?? "") as Sealed | undefined
    if (!sealed || sealed.e <= this.#now() || sealed.b !== digest(binding)) throw invalidState()
    return "s" in sealed ? { relayed: Buffer.from(sealed.s) } : { parked: sealed.p }
  }

  /**
   * The answer with the service's state, if it has one, inside ours.
   *
   * @throws GatewayError `service_error` where that is too long to be handed on
   */
  relay(answer: Answer, binding: Binding): Answer {
    const inner = asksForInput(answer) ? answer.result?.get("requestState") : undefined
    if (!answer.result || !inner) return answer
    try {
      const requestState = toRaw(this.#seal({ s: inner.toString() }, binding))
      return { result: withMembers(answer.result, { requestState }) }
    } catch (thrown) {
      throw isTooLarge(thrown) ? tooLong(inner.length) : thrown
    }
  }

  /** The state that stands for a parked call. */
  park(name: string, binding: Binding): string {
    return this.#seal({ p: name }, binding)
  }

  #seal(state: { readonly s: string } | { readonly p: string }, binding: Binding): string {
    const sealed: Sealed = { b: digest(binding), e: this.#now() + this.#lifetimeMs, ...state }
    return this.#sealer.seal(purpose, sealed)
  }
}

function digest({ principalId, service, mount, method, params }: Binding): string {
  const request = writeObject(withMembers(params, retryMembers))
  const whose = Buffer.from(JSON.stringify([principalId, service, mount ?? null, method]))
  return hash("sha256", Buffer.concat([whose, request]), "base64url")
}

function isTooLarge(thrown: unknown): boolean {
  return thrown instanceof GatewayError && thrown.code === "too_large"
}

function tooLong(bytes: number): GatewayError {
  const text = `The service's requestState of ${bytes} bytes is too long to be handed on; it should keep it shorter.`
  return new GatewayError("service_error", text)
}
