/** What noting-service.ts answers, in either era, and the journal of the calls that it has executed. */

import { openSync, writeSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import { modernRevision } from "../../journeys/peer.ts"

export type Message = { readonly id?: unknown; readonly method?: string; readonly params?: Params }
type Era = "modern" | "legacy"
type Params = {
  readonly protocolVersion?: string
  readonly arguments?: { readonly nonce?: string; readonly padding?: string }
  readonly _meta?: { readonly [key: string]: unknown }
}

const longestWorkMs = 4
const capabilities = { tools: {} }
const serverInfo = { name: "noting", version: "1.0.0" }
const tool = { name: "echo", description: "Notes the nonce.", inputSchema: { type: "object" } }
const envelope = { resultType: "complete", ttlMs: 0, cacheScope: "private" }

export class Noting {
  readonly #journal: number

  /** @param journal a file to which a line with the nonce is appended for each call that is executed */
  constructor(journal: string) {
    this.#journal = openSync(journal, "a", 0o600)
  }

  async answer(era: Era, { id, method = "", params = {} }: Message): Promise<object | undefined> {
    if (id === undefined) return undefined
    const { _meta: meta } = params
    const isModern = meta?.["io.modelcontextprotocol/protocolVersion"] !== undefined
    const result = isModern === (era === "modern") ? await this.#resultOf(era, method, params) : undefined
    const head = { jsonrpc: "2.0", id }
    return result ? { ...head, result } : { ...head, error: { code: -32601, message: `No method ${method}` } }
  }

  async #resultOf(era: Era, method: string, params: Params): Promise<object | undefined> {
    if (method === "tools/call") return this.#echo(era, params)
    if (method === "ping") return {}
    if (method === "tools/list") return { ...(era === "modern" && envelope), tools: [tool] }
    if (method === "server/discover" && era === "modern")
      return { ...envelope, supportedVersions: [modernRevision], capabilities, serverInfo }
    if (method === "initialize" && era === "legacy")
      return { protocolVersion: params.protocolVersion, capabilities, serverInfo }
    return undefined
  }

  async #echo(era: Era, { arguments: { nonce = "", padding = "" } = {} }: Params): Promise<object> {
    writeSync(this.#journal, `${nonce}\n`)
    await sleep(Math.random() * longestWorkMs)
    return {
      ...(era === "modern" && { resultType: "complete" }),
      content: [{ type: "text", text: `${nonce} ${padding}` }],
      isError: false,
    }
  }
}
