/** The doors that calls come through, sending the JSON of arguments as it is: MCP of both eras, and REST. */

import type { TestGateway } from "../support/gateway.ts"

export type Sender = { readonly key: string; readonly source: string }

/** `ok`, or the code of the refusal. */
export type Outcome = string

export type Door = {
  readonly name: string
  /** How its calls name their client to the gateway. */
  readonly client: string | undefined
  call(sender: Sender, tool: string, text: string): Promise<Outcome>
  /** Names of tools of services; undefined where there is no list. */
  list?(sender: Sender): Promise<readonly string[]>
}

const info = { name: "door", version: "1.0.0" }
const client = "door/1.0.0"
const envelope = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": info,
}
const accept = "application/json, text/event-stream"

type Answer = {
  readonly result?: { readonly tools?: readonly { readonly name: string }[] }
  readonly error?: { readonly data?: { readonly code?: string }; readonly message: string }
}

export function openDoors(gateway: TestGateway): readonly Door[] {
  return [modern(gateway), legacy(gateway), rest(gateway)]
}

function modern({ url }: TestGateway): Door {
  const ask = async (sender: Sender, method: string, params: string, name = ""): Promise<Answer> => {
    const headers = {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(name !== "" && { "mcp-name": name }),
    }
    const body = `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${params}"_meta":${JSON.stringify(envelope)}}}`
    return (await (await post(url, sender, body, headers)).json()) as Answer
  }
  return {
    name: "MCP, modern",
    client,
    call: async (sender, tool, text) =>
      outcomeOf(await ask(sender, "tools/call", `"name":"${tool}","arguments":${text},`, tool)),
    list: async (sender) => namesOf(await ask(sender, "tools/list", "")),
  }
}

/** One session for each key, however many addresses its calls come from. */
function legacy({ url }: TestGateway): Door {
  const sessions = new Map<string, Promise<string>>()
  const begin = async (sender: Sender): Promise<string> => {
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: info }
    const answer = await post(
      url,
      sender,
      JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params }),
      {},
    )
    await answer.text()
    return answer.headers.get("mcp-session-id") ?? ""
  }
  const ask = async (sender: Sender, method: string, params: string): Promise<Answer> => {
    const session = sessions.get(sender.key) ?? begin(sender)
    sessions.set(sender.key, session)
    const headers = {
      "mcp-session-id": await session,
      "mcp-protocol-version": "2025-11-25",
      accept: "application/json",
    }
    const answer = await post(
      url,
      sender,
      `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${params}}}`,
      headers,
    )
    return (await answer.json()) as Answer
  }
  return {
    name: "MCP, legacy",
    client,
    call: async (sender, tool, text) =>
      outcomeOf(await ask(sender, "tools/call", `"name":"${tool}","arguments":${text}`)),
    list: async (sender) => namesOf(await ask(sender, "tools/list", "")),
  }
}

function rest({ origin }: TestGateway): Door {
  return {
    name: "REST",
    client: undefined,
    call: async (sender, tool, text) => {
      const answer = await post(`${origin}/api/v1/tools/${tool}/invoke`, sender, `{"arguments":${text}}`, {})
      const body = (await answer.json()) as { readonly code?: string }
      return answer.status < 300 ? "ok" : (body.code ?? String(answer.status))
    },
  }
}

function post(
  url: string,
  { key, source }: Sender,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const own = {
    authorization: `Bearer ${key}`,
    "x-forwarded-for": source,
    "content-type": "application/json",
    accept,
  }
  return fetch(url, { method: "POST", body, headers: { ...own, ...headers } })
}

function outcomeOf({ result, error }: Answer): Outcome {
  return result ? "ok" : (error?.data?.code ?? error?.message ?? "nothing")
}

/** Those of services: the gateway's own have no prefix. */
function namesOf({ result, error }: Answer): readonly string[] {
  if (!result?.tools) throw new Error(error?.message)
  return result.tools.map(({ name }) => name).filter((name) => name.includes("__"))
}
