/**
 * What a service may ask the client behind a call, and the answer where that client never said it could be asked. How
 * the question travels differs by era: as a request in the middle of the call, or inside an answer (input-requests.ts).
 */

import type { Answer, ClientFacts, Request } from "./message.ts"
import { fromRaw, noMembers, readString, toRaw, type RawJson, type RawObject } from "./raw-json.ts"

/** The request -> the capability that a client must have declared. */
export const capabilityToAsk: Readonly<Record<string, string>> = {
  "elicitation/create": "elicitation",
  "sampling/createMessage": "sampling",
  "roots/list": "roots",
}

const askableNames: ReadonlySet<string> = new Set(Object.values(capabilityToAsk))

/** Requests in which a service may ask something back. */
export const askingMethods: ReadonlySet<string> = new Set(["tools/call", "prompts/get", "resources/read"])

const methodNotFound = -32601
const invalidParams = -32602
const plain = toRaw({})

/** What a client can be asked, as it declared it, without what its revision does not know. */
export function askableOf({ revision, capabilities }: ClientFacts): RawObject {
  if (capabilities.size === 0) return noMembers
  const askable = new Map<string, RawJson>()
  for (const name of askableNames) {
    const raw = capabilities.get(name)
    const isKnown = name !== "elicitation" || revision >= "2025-06-18"
    // Modes of elicitation and tools in sampling came with 2025-11-25; of roots only changes are told apart.
    const isWhole = name === "roots" || revision >= "2025-11-25"
    if (raw?.[0] === 0x7b && isKnown) askable.set(name, isWhole ? raw : plain)
  }
  return askable
}

export function withoutAskable(capabilities: RawObject): RawObject {
  return new Map([...capabilities].filter(([name]) => !askableNames.has(name)))
}

/** @returns the answer to a question that this client cannot be asked; undefined where it can */
export function refuseQuestion(client: ClientFacts, { method, params }: Request): Answer | undefined {
  const raw = askableOf(client).get(capabilityToAsk[method] ?? "")
  if (!raw) return unanswerable(method)
  const missing = missingPart(method, params, fromRaw(raw) as object)
  if (missing === undefined) return undefined
  return { error: { code: invalidParams, message: `The client behind this call does not support ${missing}.` } }
}

export function unanswerable(method: string): Answer {
  const message = `The client behind this call does not support ${method.slice(0, 64)}.`
  return { error: { code: methodNotFound, message } }
}

function missingPart(method: string, params: RawObject, capability: object): string | undefined {
  if (method === "sampling/createMessage") {
    const wantsTools = params.has("tools") || params.has("toolChoice")
    return wantsTools && !("tools" in capability) ? "tools in sampling" : undefined
  }
  if (method !== "elicitation/create") return undefined
  const mode = readString(params.get("mode")) ?? "form"
  // Who names no mode supports forms, which once was all there was.
  const supported = mode in capability || (mode === "form" && !("url" in capability))
  return supported ? undefined : `elicitation in ${mode.slice(0, 32)} mode`
}
