/**
 * A call of a service that may do anything: what it asked, what became of it and when. Its arguments carry a nonce that
 * no other call has, and so must its answer; the service writes the nonce down when it executes the call.
 */

import { randomBytes } from "node:crypto"
import { HttpRefusal } from "../../journeys/http-pipe.ts"
import type { Peer, Reply } from "../../journeys/peer.ts"

export type Fate =
  /** With the service's own answer to this call. */
  | { readonly kind: "answered"; readonly bytes: number }
  /** With a JSON-RPC error, or the same over HTTP: the caller knows. */
  | { readonly kind: "error"; readonly code: string; readonly message: string }
  /** With the error for a tool that is not there. */
  | { readonly kind: "unknown"; readonly message: string }
  /** The connection was cut, as it is where an answer had begun that cannot be finished. */
  | { readonly kind: "cut"; readonly message: string }
  /** No word until the client gave up. */
  | { readonly kind: "nothing" }
  /** With something else: the answer of another call, or what is no answer. */
  | { readonly kind: "mistaken"; readonly text: string }

export type Asked = {
  readonly service: string
  readonly nonce: string
  readonly fate: Fate
  readonly tookMs: number
}

export type AskOptions = {
  readonly tool?: string
  /** Beside the nonce. */
  readonly values?: object
  /** When the client gives up; far after every deadline of the gateway. */
  readonly giveUpMs?: number
}

const giveUpAfterMs = 20_000

/** Calls a tool of this service and waits for what becomes of it. Never rejects. */
export async function ask(peer: Peer, service: string, options: AskOptions = {}): Promise<Asked> {
  const { tool = "echo", values = {}, giveUpMs = giveUpAfterMs } = options
  const nonce = `nonce-${randomBytes(12).toString("hex")}`
  const beganAtMs = performance.now()
  const signal = AbortSignal.timeout(giveUpMs)
  const asked = peer.tool(`${service}__${tool}`, { ...values, nonce }, { signal, meta: { progressToken: nonce } })
  const fate = await asked.then(
    (reply) => fateOf(reply, nonce),
    (thrown: unknown) => fateOfThrown(thrown, signal),
  )
  return { service, nonce, fate, tookMs: performance.now() - beganAtMs }
}

function fateOf({ text, error, result }: Reply, nonce: string): Fate {
  if (error) return refusal(codeOf(error), error.message)
  const found = JSON.stringify(result?.["content"] ?? "").match(/nonce-[0-9a-f]{24}/g) ?? []
  if (found.length > 0 && found.every((each) => each === nonce)) return { kind: "answered", bytes: text.length }
  return { kind: "mistaken", text: text.slice(0, 300) }
}

/** The gateway's own word where it has one. */
function codeOf({ code, data }: NonNullable<Reply["error"]>): string {
  const own = data?.["code"]
  return typeof own === "string" ? own : String(code)
}

function refusal(code: string, message: string): Fate {
  return code === "not_found" ? { kind: "unknown", message } : { kind: "error", code, message }
}

function fateOfThrown(thrown: unknown, signal: AbortSignal): Fate {
  if (signal.aborted) return { kind: "nothing" }
  if (thrown instanceof HttpRefusal) return { kind: "error", code: `HTTP ${thrown.status}`, message: thrown.body }
  const { message, cause } = thrown instanceof Error ? thrown : new Error(String(thrown))
  return { kind: "cut", message: cause instanceof Error ? `${message}: ${cause.message}` : message }
}
