/** The calls that the load repeats, as a client of either era would send them. */

export type Call = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Asked = {
  readonly url: string
  readonly tool: string
  readonly key?: string
  /** Of the text among the arguments. */
  readonly argumentBytes?: number
}

const modern = "2026-07-28"
export const legacy = "2025-11-25"
const meta = {
  "io.modelcontextprotocol/protocolVersion": modern,
  "io.modelcontextprotocol/clientCapabilities": {},
}
const accept = { "content-type": "application/json", accept: "application/json, text/event-stream" }

export function modernCall({ url, tool, key, argumentBytes = 5 }: Asked): Call {
  return {
    url,
    headers: { ...modernHeaders("tools/call", key), "mcp-name": tool },
    body: request("tools/call", { ...argumentsOf(tool, argumentBytes), _meta: meta }),
  }
}

export function modernList({ url, key }: Pick<Asked, "url" | "key">, cursor?: string): Call {
  return {
    url,
    headers: modernHeaders("tools/list", key),
    body: request("tools/list", { ...(cursor !== undefined && { cursor }), _meta: meta }),
  }
}

/** @param session of a server that keeps them */
export function legacyCall({ url, tool, key, argumentBytes = 5 }: Asked, session?: string): Call {
  return {
    url,
    headers: legacyHeaders(key, session),
    body: request("tools/call", argumentsOf(tool, argumentBytes)),
  }
}

export function legacyList({ url, key }: Pick<Asked, "url" | "key">, session?: string, cursor?: string): Call {
  const params = cursor === undefined ? {} : { cursor }
  return { url, headers: legacyHeaders(key, session), body: request("tools/list", params) }
}

/** Opens a legacy session. @returns its id; undefined where the server keeps none */
export async function openSession(url: string, key?: string): Promise<string | undefined> {
  const clientInfo = { name: "bench", version: "1" }
  const params = { protocolVersion: legacy, capabilities: {}, clientInfo }
  const answer = await post({ url, headers: legacyHeaders(key), body: request("initialize", params) })
  const session = answer.headers.get("mcp-session-id") ?? undefined
  const body = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })
  await post({ url, headers: legacyHeaders(key, session), body })
  return session
}

/** @throws where the answer is not a result: a bench that measures refusals measures nothing */
export async function assertAnswers(call: Call): Promise<string> {
  const { status, text } = await post(call)
  assertResult(call.url, status, text)
  return text
}

export function assertResult(url: string, status: number, text: string): void {
  if (!text.includes('"result"') || text.includes('"isError":true'))
    throw new Error(`${url} answered ${status}: ${text.slice(0, 500)}`)
}

type Posted = { readonly status: number; readonly headers: Headers; readonly text: string }

async function post({ url, headers, body }: Call): Promise<Posted> {
  const signal = AbortSignal.timeout(20_000)
  const answer = await fetch(url, { method: "POST", headers, body, signal })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

function modernHeaders(method: string, key: string | undefined): Record<string, string> {
  return { ...accept, ...credential(key), "mcp-protocol-version": modern, "mcp-method": method }
}

function legacyHeaders(key?: string, session?: string): Record<string, string> {
  return {
    ...accept,
    ...credential(key),
    "mcp-protocol-version": legacy,
    ...(session !== undefined && { "mcp-session-id": session }),
  }
}

function credential(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` }
}

function request(method: string, params: object): string {
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })
}

function argumentsOf(name: string, argumentBytes: number): object {
  return { name, arguments: { text: "h".repeat(argumentBytes), times: 3 } }
}
