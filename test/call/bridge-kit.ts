/** A bridge with a real sealer, and services of a few lines that ask as those of either era do. */

import { randomBytes, randomUUID } from "node:crypto"
import type { TestContext } from "node:test"
import { createBridge, type Bridge, type BridgeOptions } from "../../src/call/bridge.ts"
import type { BridgedCall, Send } from "../../src/call/bridge/bridged-call.ts"
import { createSealer } from "../../src/identity/sealer.ts"
import type { Answer, Exchange, Notification, Request, Revision } from "../../src/mcp/message.ts"
import { fromRawObject, noMembers, toRawObject } from "../../src/mcp/raw-json.ts"

export type Opened = {
  readonly bridge: Bridge
  /** Moves the clock of the states; timers do not follow. */
  passMs(ms: number): void
  stop(): void
}

export function openBridge(t: TestContext, options: Partial<BridgeOptions> = {}): Opened {
  const stopping = new AbortController()
  t.after(() => stopping.abort())
  let nowMs = 0
  const bridge = createBridge({
    sealer: createSealer(randomBytes(32)),
    now: () => nowMs,
    newId: randomUUID,
    parkedMs: 60_000,
    parkedPerPrincipal: 64,
    stopping: stopping.signal,
    ...options,
  })
  return { bridge, passMs: (ms) => void (nowMs += ms), stop: () => stopping.abort() }
}

export type Client = {
  readonly revision?: Revision
  readonly capabilities?: object
  readonly meta?: Partial<Pick<Request, "progressToken" | "logLevel">>
  readonly exchange?: Partial<Exchange>
  readonly principalId?: string
  readonly mount?: string
  readonly service?: string
  readonly method?: string
}

const everything = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }

/** One request of a client on its way through the bridge; a modern one that can be asked anything unless told otherwise. */
export function bridged(send: Send, params: object = {}, client: Client = {}): BridgedCall {
  const { revision = "2026-07-28", method = "tools/call", principalId = "ann", service = "files", mount } = client
  const request: Request = {
    method,
    params: toRawObject({ name: "tool", arguments: { a: 1 }, ...params }),
    meta: noMembers,
    client: {
      era: revision === "2026-07-28" ? "modern" : "legacy",
      revision,
      capabilities: toRawObject(client.capabilities ?? everything),
      info: undefined,
    },
    progressToken: undefined,
    logLevel: undefined,
    ...client.meta,
  }
  const exchange = { signal: new AbortController().signal, notify: () => {}, ...client.exchange }
  const binding = { principalId, service, mount, method, params: request.params }
  return { caller: { principalId }, request, exchange, binding, send }
}

/** What an answer that asks holds; fails where it does not ask. */
export function askedIn(answer: Answer): {
  readonly inputRequests: Readonly<Record<string, { method: string; params?: Record<string, unknown> }>>
  readonly requestState: string
} {
  const result = fromRawObject(answer.result ?? noMembers)
  if (result["resultType"] !== "input_required") throw new Error(`It does not ask: ${JSON.stringify(result)}`)
  return result as unknown as ReturnType<typeof askedIn>
}

export function textOf({ result, error }: Answer): string {
  if (error) return `error ${error.code}: ${error.message}`
  const { content } = fromRawObject(result) as { content: { text: string }[] }
  return content[0]?.text ?? ""
}

export function say(text: string): Answer {
  return { result: toRawObject({ resultType: "complete", content: [{ type: "text", text }] }) }
}

/** A question of a legacy service. */
export function question(method: string, params: object = {}): Request {
  const client = { era: "legacy", revision: "2025-11-25", capabilities: noMembers, info: undefined } as const
  return {
    method,
    params: toRawObject(params),
    meta: noMembers,
    client,
    progressToken: undefined,
    logLevel: undefined,
  }
}

export const form = (message: string): Request =>
  question("elicitation/create", { message, requestedSchema: { type: "object", properties: {} } })

export const accepted = (content: object = {}): object => ({ action: "accept", content })

/** A legacy service that asks these questions one after another, and says what it was answered. */
export function askingInTurn(...questions: readonly Request[]): Send {
  return async (_request, { ask, signal }) => {
    const answers: string[] = []
    for (const each of questions) answers.push(ask ? shown(await ask(each, signal)) : "nobody to ask")
    return say(answers.join(", "))
  }
}

/** A modern service that asks as these answers do, one a round, and then says what the last retry brought. */
export function askingInAnswers(...rounds: readonly object[]): Send & { readonly requests: Request[] } {
  const requests: Request[] = []
  const send: Send = async (request) => {
    requests.push(request)
    const asked = rounds[requests.length - 1]
    if (asked) return { result: toRawObject({ resultType: "input_required", ...asked }) }
    return say(request.params.get("inputResponses")?.toString() ?? "nothing")
  }
  return Object.assign(send, { requests })
}

function shown({ result, error }: Answer): string {
  return error ? `error ${error.code}` : JSON.stringify(fromRawObject(result))
}

export function progress(token: string, done: number): Notification {
  return { method: "notifications/progress", params: toRawObject({ progressToken: token, progress: done }) }
}
