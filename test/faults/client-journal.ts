/**
 * What the clients asked and what they were told: the journal that no crash of the gateway touches. Each call carries
 * a trace id of its own, by which the service's journal and the audit log know it too.
 */

import { randomBytes } from "node:crypto"
import { HttpRefusal } from "../journeys/http-pipe.ts"
import type { Peer, Reply } from "../journeys/peer.ts"

export type Fate =
  /** With the service's answer. */
  | { readonly kind: "answered" }
  /** With an error of the gateway; `made` where it says that the service was called all the same. */
  | { readonly kind: "refused"; readonly code: string; readonly made: boolean }
  /** The connection broke, or no answer came in time: the client does not know. */
  | { readonly kind: "unknown" }
  /** With the answer of another call. */
  | { readonly kind: "mistaken" }

export type Asked = {
  readonly traceId: string
  readonly askedAtMs: number
  fate?: Fate
  /** When the client knew. */
  toldAtMs?: number
}

const answerMs = 15_000

export class ClientJournal {
  readonly asked: Asked[] = []

  /** Makes one call of a tool and writes down what became of it. Never rejects. */
  async call(peer: Peer, tool: string): Promise<Asked> {
    const traceId = randomBytes(16).toString("hex")
    const asked: Asked = { traceId, askedAtMs: performance.now() }
    this.asked.push(asked)
    const meta = { traceparent: `00-${traceId}-${traceId.slice(0, 16)}-01` }
    const signal = AbortSignal.timeout(answerMs)
    asked.fate = await peer.tool(tool, { some: "argument" }, { meta, signal }).then(fateOf(traceId), fateOfThrown)
    asked.toldAtMs = performance.now()
    return asked
  }

  /** Those that ended so. */
  of(kind: Fate["kind"]): readonly Asked[] {
    return this.asked.filter(({ fate }) => fate?.kind === kind)
  }
}

export function isRefused({ fate }: Asked): boolean {
  return fate?.kind === "refused"
}

function fateOf(traceId: string): (reply: Reply) => Fate {
  return ({ text, error }) => {
    if (error) return refusal(error.data ?? {})
    return { kind: text.includes(traceId) ? "answered" : "mistaken" }
  }
}

function fateOfThrown(thrown: unknown): Fate {
  if (!(thrown instanceof HttpRefusal)) return { kind: "unknown" }
  try {
    const body = JSON.parse(thrown.body) as { error?: { data?: Record<string, unknown> } } & Record<
      string,
      unknown
    >
    return refusal(body.error?.data ?? body)
  } catch {
    return { kind: "unknown" }
  }
}

function refusal({ code, made }: Record<string, unknown>): Fate {
  return { kind: "refused", code: String(code), made: made === true }
}
