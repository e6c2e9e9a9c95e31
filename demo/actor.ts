/** Somebody who speaks with the gateway: over MCP only, by the official client. */

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client"

export type Said = {
  readonly text: string
  readonly data: Readonly<Record<string, unknown>>
}

/** A refusal, as an agent reads it. */
export type Refusal = {
  readonly code: string
  readonly message: string
  readonly next: string | undefined
  readonly detail: Readonly<Record<string, unknown>>
}

export class Actor {
  readonly name: string
  readonly #client: Client

  private constructor(name: string, client: Client) {
    this.name = name
    this.#client = client
  }

  static async connect(name: string, url: string, key: string): Promise<Actor> {
    const client = new Client({ name, version: "1.0.0" })
    await client.connect(
      new StreamableHTTPClientTransport(new URL(url), {
        requestInit: { headers: { authorization: `Bearer ${key}` } },
      }),
    )
    return new Actor(name, client)
  }

  async call(tool: string, input: object = {}): Promise<Said> {
    const { content, structuredContent } = await this.#client.callTool({ name: tool, arguments: { ...input } })
    const [first] = content as readonly { readonly text?: string }[]
    return { text: first?.text ?? "", data: (structuredContent ?? {}) as Said["data"] }
  }

  /** Calls what must be refused. */
  async refused(tool: string, input: object = {}): Promise<Refusal> {
    const said = await this.call(tool, input).catch(refusalOf)
    if ("code" in said) return said
    throw new Error(`${tool} was to be refused, and answered: ${said.text}`)
  }

  async tools(): Promise<readonly string[]> {
    const { tools } = await this.#client.listTools()
    return tools.map(({ name }) => name)
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

function refusalOf(thrown: unknown): Refusal {
  const { message, data } = thrown as { message: string; data?: Record<string, unknown> }
  if (typeof data?.["code"] !== "string") throw thrown
  const next = data["next"] as { readonly operation: string } | undefined
  return { code: data["code"], message, next: next?.operation, detail: data }
}
