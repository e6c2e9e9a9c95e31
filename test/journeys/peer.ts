/**
 * An MCP client that hides nothing: it sends what it is told, in either era, and keeps each answer as the text that
 * came. The SDKs' clients read, check and rebuild messages; a test of bytes and of ids must not. What carries the
 * messages: http-pipe.ts, sse-pipe.ts, websocket-pipe.ts, stdio-pipe.ts.
 */
import { readOutline } from "../../src/mcp/outline.ts"

export type Message = {
  readonly jsonrpc?: "2.0"
  readonly id?: number | string | null
  readonly method?: string
  readonly params?: Record<string, unknown>
  readonly result?: Record<string, unknown>
  readonly error?: { readonly code: number; readonly message: string; readonly data?: Record<string, unknown> }
}

export type Pipe = {
  /** Called once, before anything is sent. */
  listen(onMessage: (text: string) => void): void
  /** Rejects where the message was refused without a JSON-RPC answer. */
  send(message: Message, signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

export type Reply = Message & {
  readonly text: string
  /** One member of the result, byte for byte as it came. */
  raw(member: string): string | undefined
}

export type PeerOptions = {
  readonly era?: "legacy" | "modern"
  /** Of a legacy peer; the latest unless said. */
  readonly revision?: string
  readonly capabilities?: object
  /** Answers what the server asks, such as an elicitation; without it every question is refused. */
  readonly answer?: (question: Message) => object | Promise<object>
}

type Settled = PeerOptions & Required<Pick<PeerOptions, "era" | "capabilities">>

type CallOptions = { readonly meta?: object; readonly signal?: AbortSignal }

const legacyRevision = "2025-11-25"
export const modernRevision = "2026-07-28"
const info = { name: "journey", version: "1.0.0" }

/** Opens a client on a pipe; a legacy one has shaken hands when this resolves. */
export async function openPeer(pipe: Pipe, options: PeerOptions = {}): Promise<Peer> {
  const { era = "modern", revision = legacyRevision, capabilities = {} } = options
  const peer = new Peer(pipe, { ...options, era, capabilities })
  if (era === "modern") return peer
  await peer.call("initialize", { protocolVersion: revision, capabilities, clientInfo: info })
  await peer.notify("notifications/initialized")
  return peer
}

export class Peer {
  /** Notifications and requests of the other side, in the order they came. */
  readonly heard: Message[] = []
  /** Answers to what was never asked. There must not be any. */
  readonly strays: string[] = []
  readonly #pipe: Pipe
  readonly #options: Settled
  readonly #open = new Map<number, (text: string) => void>()
  #waiting: { fits: (message: Message) => boolean; resolve: (message: Message) => void }[] = []
  #lastId = 0

  constructor(pipe: Pipe, options: Settled) {
    this.#pipe = pipe
    this.#options = options
    pipe.listen((text) => this.#receive(text))
  }

  /** The id that the latest call went out under. */
  get lastId(): number {
    return this.#lastId
  }

  async call(method: string, params: object = {}, { meta = {}, signal }: CallOptions = {}): Promise<Reply> {
    const id = ++this.#lastId
    const answered = new Promise<string>((resolve) => this.#open.set(id, resolve))
    const sent = this.#pipe.send({ jsonrpc: "2.0", id, method, params: this.#stamp(params, meta) }, signal)
    const text = await Promise.race([answered, sent.then(() => answered)])
    await sent.catch(() => {})
    return replyOf(text)
  }

  tool(name: string, values: object = {}, options: CallOptions = {}): Promise<Reply> {
    return this.call("tools/call", { name, arguments: values }, options)
  }

  async notify(method: string, params: object = {}): Promise<void> {
    await this.#pipe.send({ jsonrpc: "2.0", method, params: { ...params } })
  }

  /** The first message heard, before or from now on, that fits. */
  async until(fits: (message: Message) => boolean): Promise<Message> {
    const known = this.heard.find(fits)
    return known ?? new Promise((resolve) => this.#waiting.push({ fits, resolve }))
  }

  close(): Promise<void> {
    return this.#pipe.close()
  }

  #stamp(params: object, meta: object): Record<string, unknown> {
    const { era, capabilities } = this.#options
    const own = {
      "io.modelcontextprotocol/protocolVersion": modernRevision,
      "io.modelcontextprotocol/clientCapabilities": capabilities,
      "io.modelcontextprotocol/clientInfo": info,
    }
    const all = { ...(era === "modern" && own), ...meta }
    return { ...params, ...(Object.keys(all).length > 0 && { _meta: all }) }
  }

  #receive(text: string): void {
    const message = JSON.parse(text) as Message
    if (message.method !== undefined) return this.#hear(message)
    const open = typeof message.id === "number" ? this.#open.get(message.id) : undefined
    if (!open) return void this.strays.push(text)
    this.#open.delete(Number(message.id))
    open(text)
  }

  #hear(message: Message): void {
    this.heard.push(message)
    const fitting = this.#waiting.filter(({ fits }) => fits(message))
    this.#waiting = this.#waiting.filter((each) => !fitting.includes(each))
    for (const { resolve } of fitting) resolve(message)
    if (message.id === undefined) return
    void this.#reply(message.id, message).catch(() => {})
  }

  async #reply(id: Message["id"] & (string | number | null), question: Message): Promise<void> {
    await this.#pipe.send({ jsonrpc: "2.0", id, ...(await this.#answerTo(question)) })
  }

  async #answerTo(question: Message): Promise<Pick<Message, "result" | "error">> {
    const { answer } = this.#options
    if (!answer) return { error: { code: -32601, message: "This client does nothing for servers." } }
    return { result: { ...(await answer(question)) } }
  }
}

function replyOf(text: string): Reply {
  return {
    ...(JSON.parse(text) as Message),
    text,
    raw: (member) => {
      const outline = readOutline(Buffer.from(text))
      return outline.kind === "result" ? outline.result.get(member)?.toString() : undefined
    },
  }
}

/** The names that one list holds, all pages of it. */
export async function listNames(
  peer: Peer,
  list: "tools" | "prompts" | "resources" | "resources/templates" = "tools",
): Promise<string[]> {
  const names: string[] = []
  let cursor: unknown
  do {
    const { result, text } = await peer.call(`${list}/list`, cursor === undefined ? {} : { cursor })
    if (!result) throw new Error(`${list}/list was refused: ${text}`)
    const items = result[list === "resources/templates" ? "resourceTemplates" : list] as Record<string, string>[]
    names.push(...items.map(({ name, uri, uriTemplate }) => uri ?? uriTemplate ?? name ?? ""))
    cursor = result["nextCursor"]
  } while (cursor !== undefined)
  return names
}

/** What the first block of a result's content says. */
export function textOf({ result, text }: Reply): string {
  const content = result?.["content"] as { text?: string }[] | undefined
  if (!content) throw new Error(`no content in ${text}`)
  return content[0]?.text ?? ""
}
