/** What a legacy service may ask the client behind a call, and the answer where that client never said it could be asked. */

import type { Answer } from "./message.ts"

/** The request -> the capability that a client must have declared. */
export const capabilityToAsk: Readonly<Record<string, string>> = {
  "elicitation/create": "elicitation",
  "sampling/createMessage": "sampling",
  "roots/list": "roots",
}

const methodNotFound = -32601

export function unanswerable(method: string): Answer {
  const message = `The client behind this call does not support ${method.slice(0, 64)}.`
  return { error: { code: methodNotFound, message } }
}
