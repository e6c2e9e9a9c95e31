/** A proper answer whose text goes on for as long as one likes: what comes before it, and what after. */

import type { Turn } from "./kind.ts"

const end = '"}]'
export const closing = `${end}}}`

export function largeText({ message, era, nonce }: Turn): string {
  const type = era === "modern" ? '"resultType":"complete",' : ""
  const result = `{${type}"content":[{"type":"text","text":"${nonce} `
  return `{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":${result}`
}
