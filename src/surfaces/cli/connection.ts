/**
 * The way from a command to the gateway: where it is, which key opens it, and one request over REST.
 */

import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { GatewayError, errorTable, type ErrorCode } from "../../errors.ts"
import { readClientTls, type ClientTls } from "../client-tls.ts"
import type { CliConfig } from "./commands.ts"

export type Connection = {
  readonly url: string
  /** @returns the JSON that was answered. @throws GatewayError what the gateway said; detail `reachable: false` without an answer */
  readonly request: (method: string, path: string, body?: unknown) => Promise<unknown>
}

const maxAnswerBytes = 80 * 1_024 * 1_024
/** More than any call may take. */
const maxAnswerMs = 3_600_000
const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]"])

/** @throws GatewayError `service_unavailable`, `unauthenticated`, `invalid` */
export async function connect(config: CliConfig): Promise<Connection> {
  const url = config.url ?? (await runningUrl(config.data))
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ""))
    throw new GatewayError("invalid", `--url must begin with http:// or https://: ${url}`)
  const key = config.key ?? (await ownKey(config, new URL(url)))
  const tls = await readClientTls(config.cli)
  return { url, request: (method, path, body) => request({ url: new URL(path, url), method, key, tls, body }) }
}

type Announced = { readonly url?: unknown; readonly pid?: unknown } | null | undefined

/** What a gateway that was killed has left may lead to whoever took its port, and is not followed. */
async function runningUrl(dataFolder: string): Promise<string> {
  const file = join(dataFolder, "gateway.json")
  const found = readJson(await readFile(file, "utf8").catch(() => "")) as Announced
  if (typeof found?.url === "string" && isRunning(found.pid)) return found.url
  throw unreachable(`No gateway runs on ${dataFolder}. Start one with "mcp-meta serve", or name one with --url.`)
}

function isRunning(pid: unknown): boolean {
  try {
    return typeof pid === "number" && pid > 0 && process.kill(pid, 0)
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === "EPERM"
  }
}

/** The administrator's key is for this machine: another host is never shown it unasked. */
async function ownKey({ url, data }: CliConfig, { hostname }: URL): Promise<string> {
  const file = join(data, "admin.key")
  if (url !== undefined && !loopbackHosts.has(hostname)) {
    throw new GatewayError("unauthenticated", `Give the key of ${hostname} with --key or MCP_META_KEY.`)
  }
  const key = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new GatewayError(
      "unauthenticated",
      `No key: ${file} cannot be read. Give one with --key or MCP_META_KEY.`,
      { cause },
    )
  })
  return key.trim()
}

type Asked = {
  readonly url: URL
  readonly method: string
  readonly key: string
  readonly tls: ClientTls
  readonly body: unknown
}

async function request({ url, method, key, tls, body }: Asked): Promise<unknown> {
  const { Agent, request } = await import("undici")
  const dispatcher = new Agent({
    maxResponseSize: maxAnswerBytes,
    headersTimeout: maxAnswerMs,
    bodyTimeout: maxAnswerMs,
    connect: { timeout: 5_000, ...tls },
  })
  try {
    const headers = {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    }
    const sent = { method, headers, dispatcher, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const answer = await request(url, sent).catch((cause: Error) => {
      throw unreachable(
        isPlainAnswer(cause)
          ? `What answers at ${url.origin} does not speak TLS. Is it http://${url.host}?`
          : `No gateway answers at ${url.origin} (${cause.message || cause.name}). Is it running?`,
        cause,
      )
    })
    const text = await answer.body.text()
    if (answer.statusCode >= 400 && !saysReadiness(text)) throw toError(answer.statusCode, text)
    return JSON.parse(text) as unknown
  } finally {
    await dispatcher.close()
  }
}

/** What was awaited as TLS was none. */
function isPlainAnswer(cause: NodeJS.ErrnoException): boolean {
  return ["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"].includes(cause.code ?? "")
}

function unreachable(message: string, cause?: unknown): GatewayError {
  return new GatewayError("service_unavailable", message, { detail: { reachable: false }, cause })
}

/** One that is not ready has answered what it was asked. */
function saysReadiness(text: string): boolean {
  return (readJson(text) as { readonly status?: unknown } | undefined)?.status === "not ready"
}

type ReadProblem = {
  readonly code?: string
  readonly detail?: string
  readonly next?: NonNullable<GatewayError["next"]>
  readonly callId?: string
}

/** The gateway's problem as the error that it was; whatever else answers is no gateway. */
function toError(status: number, text: string): GatewayError {
  const problem = readJson(text) as ReadProblem | undefined
  const code = problem?.code
  if (code === undefined || !Object.hasOwn(errorTable, code))
    return unreachable(`HTTP ${status}: what answers there is no mcp-meta.`)
  const { detail = "", next, callId } = problem ?? {}
  return new GatewayError(code as ErrorCode, detail, {
    ...(next && { next }),
    ...(callId !== undefined && { callId }),
  })
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
