/** Streamable HTTP for a peer, both eras: the message tells which, as it tells the server. */
import type { Message, Pipe } from "./peer.ts"
import { eventsOf } from "./event-stream.ts"

type Headers = Readonly<Record<string, string>>

export type HttpPipe = Pipe & {
  /** Of a legacy session, once it has one. */
  readonly sessionId: string | undefined
  /** The legacy stream of what comes unasked. Resolves when it is open. */
  openStream(): Promise<void>
  /** Ends a legacy session. */
  end(): Promise<number>
}

/** An answer that is no MCP message. */
export class HttpRefusal extends Error {
  readonly status: number
  readonly body: string

  constructor(status: number, body: string) {
    super(`HTTP ${status}: ${body}`)
    this.status = status
    this.body = body
  }
}

export const bearer = (key: string): Headers => ({ authorization: `Bearer ${key}` })

type HttpPipeOptions = {
  /** Of a session that was begun elsewhere and goes on here. */
  readonly sessionId?: string | undefined
  /** Of a legacy session; the latest unless said. Those before 2025-06-18 know no header for it. */
  readonly revision?: string
  readonly fetch?: typeof fetch
}

export function httpPipe(url: string, headers: Headers = {}, options: HttpPipeOptions = {}): HttpPipe {
  return new StreamableHttpPipe(url, headers, options)
}

class StreamableHttpPipe implements HttpPipe {
  sessionId: string | undefined
  readonly #url: string
  readonly #headers: Headers
  readonly #closed = new AbortController()
  readonly #fetch: typeof fetch
  readonly #revision: string
  #onMessage: (text: string) => void = () => {}

  constructor(url: string, headers: Headers, options: HttpPipeOptions) {
    this.#url = url
    this.#headers = headers
    this.#fetch = options.fetch ?? fetch
    this.#revision = options.revision ?? "2025-11-25"
    this.sessionId = options.sessionId
  }

  listen(onMessage: (text: string) => void): void {
    this.#onMessage = onMessage
  }

  async send(message: Message, signal?: AbortSignal): Promise<void> {
    const headers = {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...this.#headersFor(message),
    }
    const answer = await this.#fetch(this.#url, {
      method: "POST",
      headers,
      body: JSON.stringify(message),
      signal: this.#signal(signal),
    })
    this.sessionId ??= answer.headers.get("mcp-session-id") ?? undefined
    if (isStream(answer)) return this.#readEvents(answer)
    const text = await answer.text()
    if (message.id !== undefined && answers(text, message.id)) return this.#onMessage(text)
    if (answer.status >= 300 || message.id !== undefined) throw new HttpRefusal(answer.status, text)
  }

  async openStream(): Promise<void> {
    const headers = { accept: "text/event-stream", ...this.#sessionHeaders() }
    const answer = await this.#fetch(this.#url, { headers, signal: this.#closed.signal })
    if (!isStream(answer)) throw new HttpRefusal(answer.status, await answer.text())
    void this.#readEvents(answer).catch(() => {})
  }

  async end(): Promise<number> {
    const { status } = await this.#fetch(this.#url, { method: "DELETE", headers: this.#sessionHeaders() })
    return status
  }

  async close(): Promise<void> {
    this.#closed.abort()
  }

  async #readEvents(answer: Response): Promise<void> {
    for await (const { event, data } of eventsOf(answer))
      if (event === "message" && data !== "") this.#onMessage(data)
  }

  #signal(signal: AbortSignal | undefined): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#closed.signal]) : this.#closed.signal
  }

  #headersFor({ method, params }: Message): Headers {
    const meta = (params?.["_meta"] ?? {}) as Record<string, string>
    const revision = meta["io.modelcontextprotocol/protocolVersion"]
    if (revision === undefined) return this.#sessionHeaders()
    const name = params?.["name"] ?? params?.["uri"] ?? params?.["taskId"]
    return {
      ...this.#headers,
      "mcp-protocol-version": revision,
      "mcp-method": method ?? "",
      ...(typeof name === "string" && { "mcp-name": name }),
    }
  }

  #sessionHeaders(): Headers {
    if (this.sessionId === undefined) return this.#headers
    const version = this.#revision >= "2025-06-18" ? { "mcp-protocol-version": this.#revision } : {}
    return { ...this.#headers, "mcp-session-id": this.sessionId, ...version }
  }
}

/** What was refused before it could be read is answered without its id. */
function answers(text: string, id: unknown): boolean {
  return text.startsWith('{"jsonrpc"') && (JSON.parse(text) as Message).id === id
}

function isStream({ headers }: Response): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") ?? false
}
