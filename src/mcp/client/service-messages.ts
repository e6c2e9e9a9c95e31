/**
 * Messages as services send them: read as strictly as those of clients, but for lists. One item of a list may be
 * nested too deeply without costing the others; who takes the list apart finds it (fleet/lists).
 */

import type { Outline } from "../message.ts"
import { readMessages, readOutline } from "../outline.ts"
import { ProtocolError } from "../protocol-error.ts"

/** How deep a list is read all the same. */
export const maxListDepth = 256

const listMembers = ["tools", "prompts", "resources", "resourceTemplates"]

/** @throws ProtocolError */
export function readServiceMessages(bytes: Buffer): readonly Outline[] {
  try {
    const read = readMessages(bytes)
    return read.batch ? read.messages : [read.message]
  } catch (thrown) {
    const list = thrown instanceof ProtocolError && thrown.id !== undefined ? readList(bytes) : undefined
    if (list) return [list]
    throw thrown
  }
}

function readList(bytes: Buffer): Outline | undefined {
  try {
    const message = readOutline(bytes, { maxDepth: maxListDepth })
    const isList = message.kind === "result" && listMembers.some((member) => message.result.has(member))
    return isList ? message : undefined
  } catch {
    return undefined
  }
}
