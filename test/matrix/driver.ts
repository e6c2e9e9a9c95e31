/**
 * One client of the matrix, whatever library it is made with: what a feature needs to do with it, so that each feature
 * is written once. The clients themselves: clients/.
 */
import type { Revision } from "../../src/mcp/message.ts"

export type Json = Readonly<Record<string, unknown>>

/** A notification, or a question of a service. */
export type Heard = { readonly method: string; readonly params: Json }

export type Item = {
  readonly name?: string
  readonly uri?: string
  readonly uriTemplate?: string
  readonly description?: string
}

export type List = "tools" | "prompts" | "resources" | "templates"
export type LogLevel = "info" | "error"

export type CallOptions = { readonly onProgress?: (progress: number) => void; readonly signal?: AbortSignal }

export type Reference =
  | { readonly type: "ref/prompt"; readonly name: string }
  | { readonly type: "ref/resource"; readonly uri: string }

export type Driver = {
  /** In the order it came. */
  readonly heard: readonly Heard[]
  items(list: List): Promise<readonly Item[]>
  call(tool: string, values?: Json, options?: CallOptions): Promise<Json>
  prompt(name: string, values: Readonly<Record<string, string>>): Promise<Json>
  read(uri: string): Promise<Json>
  complete(reference: Reference, argument: { name: string; value: string }): Promise<readonly string[]>
  /** From now on, log messages of this level and worse are wanted. */
  wantLogs(level: LogLevel): Promise<void>
  /** From now on, updates of this resource are heard; changes of lists always are. */
  watch(uri: string): Promise<void>
  /** Sends what the library has no words for. */
  request(method: string, params: Json): Promise<Json>
  close(): Promise<void>
}

export type Door = { readonly origin: string; readonly headers: Readonly<Record<string, string>> }

export const info = { name: "matrix", version: "1.0.0" }

/** All that a client of that revision can offer to a service. */
export function capabilitiesOf(revision: Revision): object {
  const first = { roots: { listChanged: true }, sampling: {} }
  if (revision < "2025-06-18") return first
  return { ...first, elicitation: revision < "2025-11-25" ? {} : { form: {}, url: {} } }
}

/** What the user, the model or the program behind every client answers. A message that begins with `no` is declined. */
export function answerTo({ method, params }: Heard): Json {
  if (method === "roots/list") return { roots: [{ uri: "file:///matrix", name: "matrix" }] }
  if (method === "sampling/createMessage") return sampled
  if (method !== "elicitation/create") throw new Error(`nobody can answer ${method}`)
  if (String(params["message"]).startsWith("no ")) return { action: "decline" }
  if (params["mode"] === "url") return { action: "accept" }
  const { properties = {} } = params["requestedSchema"] as { properties?: object }
  return {
    action: "accept",
    content: Object.fromEntries(Object.keys(properties).map((key) => [key, `my ${key}`])),
  }
}

const sampled = { model: "matrix", role: "assistant", content: { type: "text", text: "Paris" } }
