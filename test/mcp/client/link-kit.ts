/** What the tests of links share: neutral requests, an exchange that remembers, and services made of a few lines. */

import { spawn } from "node:child_process"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { PassThrough } from "node:stream"
import type { TestContext } from "node:test"
import { fileURLToPath } from "node:url"
import type { Channel } from "../../../src/mcp/channels/channel.ts"
import type { Link } from "../../../src/mcp/client/link.ts"
import type { Answer, ClientFacts, Exchange, Notification, Request } from "../../../src/mcp/message.ts"
import { connectLink, type LinkTarget } from "../../../src/mcp/client/negotiate.ts"
import type { LinkOptions } from "../../../src/mcp/client/link.ts"
import { fromRaw, noMembers, toRaw, toRawObject, writeObject, type RawObject } from "../../../src/mcp/raw-json.ts"
import { openStdioChannel } from "../../../src/mcp/channels/stdio-channel.ts"
import { start } from "../../support/process.ts"

const maxMessageBytes = 8 * 1024 * 1024

const allCapabilities = toRawObject({ elicitation: {}, sampling: {}, roots: {} })

export const caller: ClientFacts = {
  era: "modern",
  revision: "2026-07-28",
  capabilities: allCapabilities,
  info: toRaw({ name: "caller", version: "1" }),
}

export function request(method: string, params: object | RawObject = {}, more: Partial<Request> = {}): Request {
  const members = params instanceof Map ? (params as RawObject) : toRawObject(params)
  const plain = { meta: noMembers, client: caller, progressToken: undefined, logLevel: undefined }
  return { ...plain, method, params: members, ...more }
}

export const callTool = (name: string, values: object = {}, more: Partial<Request> = {}): Request =>
  request("tools/call", { name, arguments: values }, more)

type Watched = Exchange & {
  readonly heard: readonly Notification[]
  /** Waits for `count` notifications in all. */
  until(count: number): Promise<readonly Notification[]>
}

export function exchange(more: Partial<Exchange> = {}): Watched {
  const heard: Notification[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  return {
    signal: AbortSignal.timeout(20_000),
    heard,
    notify: (notification) => {
      heard.push(notification)
      for (const { count, resolve } of waiting) if (heard.length >= count) resolve()
    },
    until: async (count) => {
      if (heard.length < count) await new Promise<void>((resolve) => waiting.push({ count, resolve }))
      return heard
    },
    ...more,
  }
}

/** The text of an answer, exactly as its bytes are. */
export function textOf(answer: Answer): string {
  return (answer.result ? writeObject(answer.result) : Buffer.from(JSON.stringify(answer.error))).toString()
}

export function firstText({ result }: Answer): string {
  const content = result?.get("content")
  return content ? ((fromRaw(content) as { text: string }[])[0]?.text ?? "") : `no content`
}

export function heardAs({ method, params }: Notification): { method: string; params: unknown } {
  return { method, params: JSON.parse(writeObject(params).toString()) as unknown }
}

export async function connect(t: TestContext, target: LinkTarget, more: Partial<LinkOptions> = {}): Promise<Link> {
  const link = await connectLink(target, {
    capabilities: allCapabilities,
    clientInfo: toRaw({ name: "gateway", version: "1" }),
    connectTimeoutMs: 20_000,
    limits: { maxResultBytes: maxMessageBytes },
    ...more,
  })
  t.after(() => link.close())
  return link
}

export const http = (url: string, headers: Record<string, string> = {}): LinkTarget => ({
  kind: "http",
  url,
  headers,
})

/** Starts a fixture that speaks over the network and answers its url. */
export async function fixture(t: TestContext, file: string): Promise<string> {
  const running = await start({ args: [`test/fixtures/${file}`], env: { PORT: "0" }, ready: /^listening / })
  t.after(() => running.stop())
  return running.line.slice("listening ".length)
}

/** A child that speaks MCP on its stdio; each `open` starts one. */
export function child(t: TestContext, file: string): { readonly target: LinkTarget; readonly pids: number[] } {
  const path = fileURLToPath(new URL(`../../fixtures/${file}`, import.meta.url))
  const pids: number[] = []
  const open = async (): Promise<Channel> => {
    const running = spawn(process.execPath, [path], { stdio: ["pipe", "pipe", "ignore"] })
    t.after(() => running.kill("SIGKILL"))
    pids.push(running.pid ?? 0)
    return openStdioChannel({ input: running.stdout, output: running.stdin, maxMessageBytes })
  }
  return { target: { kind: "channel", open }, pids }
}

export type Said = {
  readonly id?: number
  readonly method?: string
  readonly params?: Record<string, unknown>
} & Record<string, unknown>

/** A service on a pipe, played by a function that gets each message and says what it likes. */
export function scripted(
  t: TestContext,
  play: (said: Said, say: (text: string) => void, end: () => void) => void,
) {
  const said: Said[] = []
  const bytes: string[] = []
  const arrivals: (() => void)[] = []
  let opened = 0
  const open = async (): Promise<Channel> => {
    opened += 1
    const [toService, toUs] = [new PassThrough(), new PassThrough()]
    t.after(() => toUs.destroy())
    const service = openStdioChannel({ input: toService, output: toUs, maxMessageBytes })
    service.listen((line) => {
      bytes.push(line.toString())
      const message = JSON.parse(line.toString()) as Said
      said.push(message)
      for (const arrived of arrivals.splice(0)) arrived()
      play(
        message,
        (text) => service.send(Buffer.from(text)),
        () => toUs.destroy(),
      )
    })
    return openStdioChannel({ input: toUs, output: toService, maxMessageBytes })
  }
  /** Waits until the service has been told something that fits. */
  const until = async (fits: (message: Said) => boolean): Promise<Said> => {
    for (;;) {
      const found = said.find(fits)
      if (found) return found
      await new Promise<void>((resolve) => arrivals.push(resolve))
    }
  }
  return { target: { kind: "channel", open } as LinkTarget, said, bytes, until, opened: () => opened }
}

export const result = (id: unknown, value: object): string => JSON.stringify({ jsonrpc: "2.0", id, result: value })
export const refusal = (id: unknown, code: number, data?: unknown): string =>
  JSON.stringify({ jsonrpc: "2.0", id, error: { code, message: `refused ${code}`, data } })

export const initialized = {
  protocolVersion: "2025-11-25",
  capabilities: { tools: { listChanged: true }, resources: { subscribe: true }, logging: {} },
  serverInfo: { name: "scripted", version: "1" },
}
export const discovered = {
  resultType: "complete",
  supportedVersions: ["2026-07-28"],
  capabilities: { tools: {} },
  ttlMs: 0,
  cacheScope: "private",
}

/** Plays the legacy handshake; hands on the rest. */
export function legacy(play: (said: Said, say: (text: string) => void, end: () => void) => void) {
  return (said: Said, say: (text: string) => void, end: () => void): void => {
    if (said.method === "server/discover") return say(refusal(said.id, -32601))
    if (said.method === "initialize") return say(result(said.id, initialized))
    if (said.method !== "notifications/initialized") play(said, say, end)
  }
}

export type Served = { readonly request: IncomingMessage; readonly response: ServerResponse; readonly said: Said }

/** An HTTP service played by a function; answers its url. */
export async function serve(
  t: TestContext,
  play: (served: Served) => unknown,
  socketPath?: string,
): Promise<string> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = Buffer.concat(await request.toArray()).toString()
    await play({ request, response, said: body === "" ? {} : (JSON.parse(body) as Said) })
  }
  const server = createServer((request, response) => void answer(request, response))
  if (socketPath === undefined) server.listen(0, "127.0.0.1")
  else server.listen(socketPath)
  await once(server, "listening")
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return socketPath === undefined
    ? `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`
    : `unix://${socketPath}:/mcp`
}

export function json(
  response: ServerResponse,
  text: string,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(text)
}
