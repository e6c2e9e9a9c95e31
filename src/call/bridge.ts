/**
 * A service of the modern era may answer that it needs more input, with a state of its own for the retry. That state
 * passes through the client's hands, so it travels inside a sealed one of ours: whoever retries must be the same
 * principal, with the same request, in time.
 *
 * @see https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
 */

import { hash } from "node:crypto"
import type { Sealer } from "../domain/secret.ts"
import { GatewayError } from "../errors.ts"
import type { Answer, Request } from "../mcp/message.ts"
import { readString, toRaw, withMembers, writeObject, type RawObject } from "../mcp/raw-json.ts"

/** What a state is bound to. */
type Binding = {
  readonly principalId: string
  readonly service: string
  readonly method: string
  /** As the client sent them: its retry must repeat them. */
  readonly params: RawObject
}

export type Bridge = {
  /** @throws GatewayError `invalid` where the state is forged, expired, or of another request */
  unwrap(request: Request, binding: Binding): Request
  wrap(answer: Answer, binding: Binding): Answer
}

const purpose = "request-state"
const lifetimeMs = 10 * 60_000

type SealedState = { readonly b: string; readonly e: number; readonly s: string }

export function createBridge(sealer: Sealer, now: () => number): Bridge {
  return {
    unwrap: (request, binding) => {
      const raw = request.params.get("requestState")
      if (!raw) return request
      const state = sealer.open(purpose, readString(raw) ?? "") as SealedState | undefined
      if (!state || state.e <= now() || state.b !== digest(binding))
        throw new GatewayError("invalid", "Invalid or expired requestState.")
      return { ...request, params: withMembers(request.params, { requestState: Buffer.from(state.s) }) }
    },
    wrap: (answer, binding) => {
      const inner = answer.result?.get("requestState")
      if (!answer.result || !inner || readString(answer.result.get("resultType")) !== "input_required")
        return answer
      const state: SealedState = { b: digest(binding), e: now() + lifetimeMs, s: inner.toString() }
      return { result: withMembers(answer.result, { requestState: toRaw(sealer.seal(purpose, state)) }) }
    },
  }
}

function digest({ principalId, service, method, params }: Binding): string {
  const request = writeObject(withMembers(params, { requestState: undefined, inputResponses: undefined }))
  return hash(
    "sha256",
    Buffer.concat([Buffer.from(JSON.stringify([principalId, service, method])), request]),
    "base64url",
  )
}
