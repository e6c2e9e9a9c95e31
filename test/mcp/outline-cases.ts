/** Messages to read and refusals to look at, for the tests of the outline. */

import assert from "node:assert/strict"
import { readOutline } from "../../src/mcp/outline.ts"
import { ProtocolError } from "../../src/mcp/protocol-error.ts"

export const parseError = -32700
export const invalidRequest = -32600
export const invalidParams = -32602

/** What `read` throws, which must be a ProtocolError. */
export function refusal(read: () => unknown): ProtocolError {
  try {
    read()
  } catch (thrown) {
    assert.ok(thrown instanceof ProtocolError, `${String(thrown)} is no ProtocolError`)
    return thrown
  }
  return assert.fail("it was accepted")
}

/** The refusal of a text, to be read beside it. */
export function refused(text: string): [code: number, id: string | undefined, message: string] {
  const { rpc, id } = refusal(() => readOutline(Buffer.from(text)))
  return [rpc.code, id?.toString(), rpc.message]
}

/** A request with id 7 and the params given as text. */
export function request(params: string): Buffer {
  return Buffer.from(`{"jsonrpc":"2.0","id":7,"method":"tools/call","params":${params}}`)
}

/** Arrays within arrays, as many as `levels`. */
export function nested(levels: number): string {
  return `${"[".repeat(levels)}${"]".repeat(levels)}`
}
