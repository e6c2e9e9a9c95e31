/**
 * Strings out of the bytes of JSON: keys and the few values that are looked at on every call.
 *
 * Only for bytes that json-scanner.ts has passed; what the strings stand for is left to whoever asks.
 */

/** What nearly every message holds: found by comparing bytes, at a fraction of the price of making a string anew. */
export const familiar =
  `2.0 jsonrpc id method params result error code message data _meta name arguments uri cursor
  progressToken progress total level requestId content structuredContent isError resultType tools nextCursor contents
  messages tools/call tools/list resources/read prompts/get notifications/progress notifications/message
  complete 2026-07-28 io.modelcontextprotocol/protocolVersion io.modelcontextprotocol/clientInfo
  io.modelcontextprotocol/clientCapabilities`.split(/\s+/)

/** By `slotOf`. Of two that share a slot one is made anew each time, like any other string. */
const slots = Array.from({ length: 512 }, (): string | undefined => undefined)
for (const text of familiar)
  slots[slotOf(text.length, text.charCodeAt(0), text.charCodeAt(text.length - 1))] = text

/** The string whose quotes stand at `start` and before `end`. */
export function decodeString(bytes: Buffer, start: number, end: number): string {
  const known = slots[slotOf(end - start - 2, bytes[start + 1] as number, bytes[end - 2] as number)]
  if (known !== undefined && holds(bytes, start + 1, end - 1, known)) return known
  const text = bytes.toString("utf8", start + 1, end - 1)
  return text.includes("\\") ? (JSON.parse(`"${text}"`) as string) : text
}

function slotOf(length: number, first: number, last: number): number {
  return (length * 31 + first * 7 + last) & 511
}

function holds(bytes: Buffer, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false
  for (let index = 0; index < text.length; index++) {
    if (bytes[start + index] !== text.charCodeAt(index)) return false
  }
  return true
}

/** Of a string that a stranger chose, at most 40 characters that are safe to show anywhere. */
export function excerpt(text: string): string {
  const printable = JSON.stringify(text.slice(0, 40)).replace(/[^ -~]/g, escapeOne)
  return printable.length <= 40 ? printable : `${printable.slice(0, 36)}..."`
}

function escapeOne(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
}
