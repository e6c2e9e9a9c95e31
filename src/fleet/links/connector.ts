/**
 * Makes connections to one service as its definition says, with the placeholders filled in, and keeps its programs.
 * When connections are made, and who uses them: link-slot.ts. Era and handshake: mcp/client/negotiate.ts.
 */

import { setTimeout as sleep } from "node:timers/promises"
import type { DialGuard } from "../../domain/services/machine.ts"
import type { ServiceDefinition, StdioService, UrlService } from "../../domain/services/service.ts"
import { resolvePlaceholders } from "../../domain/secrets/placeholder.ts"
import { GatewayError } from "../../errors.ts"
import type { Channel } from "../../mcp/channels/channel.ts"
import type { FindParamHeaders } from "../../mcp/client/http-modern-headers.ts"
import type { Link } from "../../mcp/client/link.ts"
import type { Era } from "../../mcp/message.ts"
import { connectLink, type LinkTarget } from "../../mcp/client/negotiate.ts"
import type { RawObject } from "../../mcp/raw-json.ts"
import { openStdioChannel } from "../../mcp/channels/stdio-channel.ts"
import type { WebSocketClientOptions } from "../../mcp/channels/websocket-client.ts"
import { startChild, type Child, type ChildOptions } from "../children/child.ts"
import type { LinkContext } from "../context.ts"
import { Confided } from "./confided.ts"
import { maskLink } from "./masked-link.ts"

export type ConnectorOptions = {
  readonly definition: ServiceDefinition
  readonly context: LinkContext
  readonly eraHint?: () => Era | undefined
  readonly paramHeaders?: FindParamHeaders
}

type Made = { readonly capabilities: RawObject; readonly timeoutMs: number }

const urlConnectMs = 10_000
/** How long after its pipe a program may take to be gone. */
const exitMs = 2_000
const stopMs = 5_000

export class Connector {
  readonly #options: ConnectorOptions
  readonly #children = new Set<Child>()
  readonly #confided = new Confided()
  readonly #guard: DialGuard | undefined
  #lastChild: Child | undefined
  #closed = false

  constructor(options: ConnectorOptions) {
    this.#options = options
    const { definition, context } = options
    this.#guard = definition.type === "stdio" ? undefined : context.machine.guardFor(definition.network)
  }

  /** @throws GatewayError */
  async connect(endpoint: number, capabilities: RawObject): Promise<Link> {
    const { definition, context } = this.#options
    if (definition.type !== "stdio")
      return context.attempts.during("connect", definition.name, () =>
        this.#connectToUrl(definition, endpoint, capabilities),
      )
    const made = { capabilities, timeoutMs: context.limits.childStartMs }
    return context.attempts.during("start", definition.name, () => this.connectTo(this.target(endpoint), made))
  }

  /** A URL without a type may still speak the transport that came before Streamable HTTP. */
  async #connectToUrl(definition: UrlService, endpoint: number, capabilities: RawObject): Promise<Link> {
    const made = { capabilities, timeoutMs: urlConnectMs }
    try {
      return await this.connectTo(this.target(endpoint), made)
    } catch (thrown) {
      if (!(thrown instanceof GatewayError) || thrown.detail["hint"] !== "sse") throw thrown
      const older = this.#address({ ...definition, type: "sse" }, endpoint)
      return this.connectTo(older, made).catch(() => Promise.reject(thrown))
    }
  }

  async connectTo(target: LinkTarget, { capabilities, timeoutMs }: Made): Promise<Link> {
    const { definition, context, eraHint, paramHeaders } = this.#options
    // The old transport is older than the modern era.
    const hint = definition.type === "sse" ? "legacy" : eraHint?.()
    const connecting = connectLink(target, {
      capabilities,
      clientInfo: context.clientInfo,
      connectTimeoutMs: timeoutMs,
      limits: { maxResultBytes: context.limits.resultBytes, maxListBytes: context.limits.listBytes },
      onDropped: (messages) =>
        context.log.warn(
          { service: definition.name, messages },
          "a service says more than anybody asked for; it is dropped",
        ),
      ...(hint && { eraHint: hint }),
      ...(paramHeaders && { paramHeaders }),
    })
    const link = await connecting.catch(async (thrown: unknown) => {
      const error = GatewayError.from(thrown)
      throw this.#confided.error((await this.#programEnded(error)) ?? error)
    })
    return maskLink(link, this.#confided)
  }

  /** Why the pipe to a program broke, where it did because the program ended. */
  async #programEnded(error: GatewayError): Promise<GatewayError | undefined> {
    const child = this.#lastChild
    // One whose answers were of no use was ended by us.
    if (error.code !== "service_unavailable" || error.detail["supported"] || !child) return undefined
    const exit = await Promise.race([child.exited, sleep(exitMs, undefined, { ref: false })])
    if (!exit) return undefined
    const how = exit.signal === null ? `with code ${exit.code}` : `by ${exit.signal}`
    const lines = child.stderrLines().filter((line) => line.trim() !== "")
    const telling = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1)
    const wrote = telling === undefined ? "It wrote no error." : `It wrote: ${telling.slice(0, 300)}`
    return new GatewayError("service_unavailable", `The program ended ${how}. ${wrote}`, {
      detail: { ...error.detail, exit: exit.signal ?? exit.code ?? 0 },
    })
  }

  /** @throws GatewayError `invalid` where a placeholder has no value */
  target(endpoint: number): LinkTarget {
    const { definition } = this.#options
    return definition.type === "stdio" ? this.#program(definition) : this.#address(definition, endpoint)
  }

  /** What is dialled for it goes by this; absent where it may be anywhere. */
  get guard(): DialGuard | undefined {
    return this.#guard
  }

  /** With its placeholders filled in: never to be shown. @throws GatewayError `invalid` */
  urlOf(endpoint: number): string {
    const { definition } = this.#options
    return definition.type === "stdio" ? "" : this.#resolve(definition.endpoints[endpoint]?.url ?? "")
  }

  /** The last lines that the program wrote to its error output; empty for what is no program. */
  stderrLines(): readonly string[] {
    return this.#lastChild?.stderrLines() ?? []
  }

  /** Starts no more programs; resolves when every one is gone. */
  async close(graceMs = stopMs): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#children].map((child) => child.stop(graceMs)))
  }

  #program(definition: StdioService): LinkTarget {
    const resolve = (text: string): string => this.#resolve(text)
    const env = mapValues(definition.env, resolve)
    for (const [name, value] of Object.entries(env)) this.#confided.addVariable(name, value)
    const program = {
      name: definition.name,
      command: resolve(definition.command),
      args: definition.args.map(resolve),
      env,
      cwd: definition.cwd === undefined ? this.#options.context.childFolder : resolve(definition.cwd),
      secrets: this.#confided.inErrors.secrets,
    }
    return { kind: "channel", open: () => this.#start(program) }
  }

  async #start(program: Omit<ChildOptions, "baseEnv" | "ledger">): Promise<Channel> {
    const { baseEnv, ledger, limits, log, machine } = this.#options.context
    await machine.assertHarmless(program, "file")
    if (this.#closed) throw stopped()
    const child = await startChild({ ...program, baseEnv, ledger })
    if (this.#closed) {
      await child.stop(0)
      throw stopped()
    }
    this.#children.add(child)
    this.#lastChild = child
    void child.exited.then(({ code, signal }) => {
      this.#children.delete(child)
      log.info({ service: program.name, pid: child.pid, code, signal }, "a program has ended")
    })
    const channel = openStdioChannel({
      input: child.stdout,
      output: child.stdin,
      maxMessageBytes: limits.resultBytes,
      stallMs: limits.writeMs,
    })
    void channel.closed.then(() => child.stop(stopMs))
    return channel
  }

  #address({ type, headers, concurrency }: UrlService, endpoint: number): LinkTarget {
    const resolve = (text: string): string => this.#resolve(text)
    const url = this.urlOf(endpoint)
    this.#guard?.assertUrl(url)
    const guarded = this.#guard && { lookup: this.#guard.lookup }
    const resolved = mapValues(headers, resolve)
    this.#confided.addUrl(url)
    for (const [name, value] of Object.entries(resolved)) this.#confided.addNamed(name, value)
    if (type === "http") return { kind: "http", url, headers: resolved, connections: concurrency, ...guarded }
    const options = {
      url: readUrl(url),
      headers: resolved,
      maxMessageBytes: this.#options.context.limits.resultBytes,
      connectTimeoutMs: urlConnectMs,
      ...guarded,
    }
    return { kind: "channel", open: () => (type === "sse" ? openSse(options) : openWebSocket(options)) }
  }

  #resolve(text: string): string {
    return resolvePlaceholders(text, (source, name) => {
      const value = this.#options.context.lookup(source, name)
      if (value !== undefined) this.#confided.addPlaceholder(source, name, value)
      return value
    })
  }
}

/** Both are loaded where a service is of their kind, as few are. */
async function openSse(options: WebSocketClientOptions): Promise<Channel> {
  const { openSseChannel } = await import("../../mcp/channels/sse-client.ts")
  return openSseChannel(options)
}

async function openWebSocket(options: WebSocketClientOptions): Promise<Channel> {
  const { openWebSocketChannel } = await import("../../mcp/channels/websocket-client.ts")
  return openWebSocketChannel(options)
}

function stopped(): GatewayError {
  return new GatewayError("service_unavailable", "The service was stopped.", { detail: { sent: false } })
}

function readUrl(text: string): URL {
  const url = URL.parse(text)
  if (url) return url
  throw new GatewayError("invalid", "The service's url is none; correct it in the service's definition.")
}

function mapValues(
  values: Readonly<Record<string, string>>,
  map: (value: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]))
}
