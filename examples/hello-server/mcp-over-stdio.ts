/**
 * The Model Context Protocol over stdio, as much of it as a small server needs: one JSON-RPC message a line, requests
 * on stdin, answers on stdout, and anything meant for people on stderr.
 *
 * Both families of the protocol are spoken. Up to revision 2025-11-25 a client opens with `initialize`; since
 * 2026-07-28 it opens with nothing, and every request says in `_meta` which revision it speaks.
 */
export type Fields = Readonly<Record<string, unknown>>

/** What a running tool may use: a signal that the client cancelled, and a way to say how far it is. */
type Task = { readonly signal: AbortSignal; readonly report: (done: number, total: number) => void }

/** What `run` throws becomes an answer marked as an error: a model reads it, and may do better next time. */
export type Tool = Named & { inputSchema: Fields; outputSchema?: Fields; annotations?: Fields } & {
  run: (values: Fields, task: Task) => Fields | Promise<Fields>
}
export type Prompt = Named & { arguments: readonly Fields[]; write: (values: Fields) => string }
export type Resource = Named & { uri: string; mimeType: string; read: () => string }

type Named = { name: string; description: string }

type Offer = {
  readonly info: Fields
  readonly instructions: string
  readonly tools: readonly Tool[]
  readonly prompts: readonly Prompt[]
  readonly resources: readonly Resource[]
}

const legacyRevisions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]
const modernRevisions = ["2026-07-28"]
const capabilities = { tools: {}, prompts: {}, resources: {} }

/** The requests that still run, by id, so that a client can cancel them. */
const running = new Map<unknown, AbortController>()

/** Serves until stdin ends. Splits by hand: `node:readline` also breaks lines at U+2028, which JSON may hold. */
export function serve(offer: Offer): void {
  let rest = ""
  process.stdin
    .setEncoding("utf8")
    .on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n")
      rest = lines.pop() ?? ""
      for (const line of lines) if (line.trim() !== "") void receive(offer, line)
    })
    .on("end", () => running.forEach((controller) => controller.abort()))
}

async function receive(offer: Offer, line: string): Promise<void> {
  const { id, method, params } = parse(line)
  if (typeof method !== "string") return send({ id: null, error: { code: -32600, message: "Not a request" } })
  if (id === undefined) return heed(method, fields(params))
  const controller = new AbortController()
  running.set(id, controller)
  const reply = await answer(offer, method, fields(params), controller.signal).then(
    (result) => ({ result }),
    (error: unknown) => ({ error: error instanceof Refusal ? error.shown : { code: -32603, message: "Failed" } }),
  )
  running.delete(id)
  if (!controller.signal.aborted) send({ id, ...reply })
}

/** Of all notifications only one changes what a small server does. */
function heed(method: string, params: Fields): void {
  if (method === "notifications/cancelled") running.get(params["requestId"])?.abort()
}

async function answer(offer: Offer, method: string, params: Fields, signal: AbortSignal): Promise<Fields> {
  const meta = fields(params["_meta"])
  const revision = meta["io.modelcontextprotocol/protocolVersion"]
  if (revision === undefined) {
    if (method === "ping") return {}
    return method === "initialize" ? initialize(offer, params) : perform(offer, method, params, signal)
  }
  demandModern(meta, revision)
  const result = method === "server/discover" ? discover(offer) : await perform(offer, method, params, signal)
  const mayBeKept = method !== "tools/call" && method !== "prompts/get"
  const identity = { _meta: { "io.modelcontextprotocol/serverInfo": offer.info } }
  return {
    resultType: "complete",
    ...(mayBeKept && { ttlMs: 60_000, cacheScope: "public" }),
    ...result,
    ...identity,
  }
}

function initialize({ info, instructions }: Offer, { protocolVersion: asked }: Fields): Fields {
  const protocolVersion = legacyRevisions.find((revision) => revision === asked) ?? legacyRevisions[0]
  return { protocolVersion, capabilities, serverInfo: info, instructions }
}

function discover({ instructions }: Offer): Fields {
  return { supportedVersions: modernRevisions, capabilities, instructions }
}

function demandModern(meta: Fields, requested: unknown): void {
  if (!modernRevisions.some((revision) => revision === requested)) {
    throw new Refusal(-32022, "Unsupported protocol version", { supported: modernRevisions, requested })
  }
  if (meta["io.modelcontextprotocol/clientCapabilities"] === undefined) {
    throw new Refusal(-32602, "_meta lacks io.modelcontextprotocol/clientCapabilities")
  }
}

/** What both families have in common. The lists show everything but the functions, which JSON leaves out. */
async function perform(offer: Offer, method: string, params: Fields, signal: AbortSignal): Promise<Fields> {
  switch (method) {
    case "tools/list":
      return { tools: offer.tools }
    case "tools/call":
      return callTool(pick(offer.tools, "name", params), params, signal)
    case "prompts/list":
      return { prompts: offer.prompts }
    case "prompts/get":
      return writePrompt(pick(offer.prompts, "name", params), params)
    case "resources/list":
      return { resources: offer.resources }
    case "resources/templates/list":
      return { resourceTemplates: [] }
    case "resources/read":
      return readResource(pick(offer.resources, "uri", params))
    default:
      throw new Refusal(-32601, `Method not found: ${method}`)
  }
}

async function callTool(tool: Tool, params: Fields, signal: AbortSignal): Promise<Fields> {
  const { progressToken } = fields(params["_meta"])
  const report = (progress: number, total: number): void => {
    if (progressToken === undefined) return
    send({ method: "notifications/progress", params: { progressToken, progress, total } })
  }
  try {
    return await tool.run(fields(params["arguments"]), { signal, report })
  } catch (error) {
    const text = error instanceof Error ? error.message : "The tool failed"
    return { content: [{ type: "text", text }], isError: true }
  }
}

function writePrompt(prompt: Prompt, params: Fields): Fields {
  const text = attempt(() => prompt.write(fields(params["arguments"])))
  return { description: prompt.description, messages: [{ role: "user", content: { type: "text", text } }] }
}

/** A prompt has no answer to mark as an error: bad arguments are a bad request. */
function attempt(write: () => string): string {
  try {
    return write()
  } catch (error) {
    throw new Refusal(-32602, error instanceof Error ? error.message : "Invalid arguments")
  }
}

function readResource({ uri, mimeType, read }: Resource): Fields {
  return { contents: [{ uri, mimeType, text: read() }] }
}

function pick<Key extends "name" | "uri", Item extends Record<Key, string>>(
  items: readonly Item[],
  key: Key,
  params: Fields,
): Item {
  const found = items.find((item) => item[key] === params[key])
  if (!found) throw new Refusal(-32602, `Unknown ${key}: ${String(params[key])}`, { [key]: params[key] })
  return found
}

/** What JSON-RPC calls an error: the request could not be served at all. */
class Refusal extends Error {
  readonly shown: Fields

  constructor(code: number, message: string, data?: Fields) {
    super(message)
    this.shown = { code, message, ...(data && { data }) }
  }
}

function send(message: Fields): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`)
}

function parse(line: string): Fields {
  try {
    return fields(JSON.parse(line))
  } catch {
    return {}
  }
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? { ...value } : {}
}
